// @ts-check
// The heat strip: a row per processor, time from left to right as in the chart above it, colour for how busy it was.
// It paints one pixel a sample and core, and lets the canvas stretch them.

import { blank } from "../cores.js";
import { channels, inks } from "./ink.js";
import { Surface } from "./surface.js";

/** @typedef {import("../cores.js").Cores} Cores */
/** @typedef {import("./chart.js").Chart} Chart */

/** The tokens of the scale, idle to busy, at equal distances. */
const scale = ["heat-0", "heat-1", "heat-2", "heat-3"];
/** Pixels between two lines of the hatching that says: no reading. */
const hatch = 6;

export class Heat {
  #surface;
  #cores;
  #crosshair;
  #span = { from: 0, to: 1, left: 0, right: 0 };
  #lut = new Uint32Array(256);
  #cross = "";
  #none = "";
  #line = "";
  /** whether there is a time without readings before the first */
  bare = false;
  #paper = new OffscreenCanvas(1, 1);
  #pen = /** @type {OffscreenCanvasRenderingContext2D} */ (this.#paper.getContext("2d"));
  #image = new ImageData(1, 1);
  #pixels = new Uint32Array(this.#image.data.buffer);

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Cores} cores
   * @param {import("./crosshair.js").Crosshair} crosshair
   * @param {() => void} mark
   */
  constructor(canvas, cores, crosshair, mark) {
    this.#surface = new Surface(canvas, mark);
    this.#cores = cores;
    this.#crosshair = crosshair;
    this.restyle();
  }

  restyle() {
    const colours = inks(this.#surface.canvas, [...scale, "heat-none", "heat-hatch", "chart-cross"]);
    const stops = scale.map((name) => channels(colours[name]));
    for (let i = 0; i < blank; i++) {
      const position = (i / (blank - 1)) * (stops.length - 1);
      const k = Math.min(stops.length - 2, Math.floor(position));
      const [r, g, b] = stops[k].map((v, c) => Math.round(v + (stops[k + 1][c] - v) * (position - k)));
      this.#lut[i] = (255 << 24) | (b << 16) | (g << 8) | r;
    }
    this.#lut[blank] = 0;
    this.#cross = colours["chart-cross"];
    this.#none = colours["heat-none"];
    this.#line = colours["heat-hatch"];
  }

  /**
   * The time shown, and where on the canvas it lies.
   * @param {number} from
   * @param {number} to
   * @param {number} left CSS pixels
   * @param {number} right
   */
  show(from, to, left, right) {
    this.#span.from = from;
    this.#span.to = to;
    this.#span.left = left;
    this.#span.right = right;
  }

  draw() {
    const ctx = this.#surface.begin();
    const n = this.#cores.names.length;
    if (!ctx || n === 0) return;
    const { from, to, left, right } = this.#span;
    const first = Math.max(this.#cores.from, this.#cores.find(from));
    const columns = Math.max(1, Math.round(right - left));
    this.#size(columns, n);
    this.#pixels.fill(0);
    const { at, busy } = this.#cores;
    const pace = columns / (to - from);
    this.bare = first >= this.#cores.to || at[first] - 2 * this.#usual(first) > from;
    for (let i = first; i < this.#cores.to && at[i] <= to; i++) {
      // A sample tells of the time up to it; one that is missing leaves its place empty.
      const before = i > this.#cores.from ? at[i] - at[i - 1] : Infinity;
      const width = Math.min(before, this.#usual(i));
      const a = Math.max(0, Math.floor((at[i] - width - from) * pace));
      const b = Math.min(columns, Math.max(a + 1, Math.floor((at[i] - from) * pace)));
      for (let c = 0; c < n; c++) {
        const colour = this.#lut[busy[i * n + c]];
        for (let x = a; x < b; x++) this.#pixels[c * columns + x] = colour;
      }
    }
    this.#pen.putImageData(this.#image, 0, 0);
    const { height } = this.#surface;
    ctx.fillStyle = this.#none;
    ctx.fillRect(left, 0, right - left, height);
    this.#hatch(ctx, left, right, height);
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(this.#paper, 0, 0, columns, n, left, 0, right - left, height);
    if (height / n >= 4) {
      for (let c = 1; c < n; c++) ctx.clearRect(left, Math.round((c * height) / n) - 0.5, right - left, 1);
    }
    const cross = this.#crosshair.at;
    if (cross >= from && cross <= to) {
      ctx.fillStyle = this.#cross;
      ctx.fillRect(left + ((cross - from) / (to - from)) * (right - left), 0, this.#surface.hair, height);
    }
  }

  /** What no sample will be painted over must not look idle. @param {CanvasRenderingContext2D} ctx @param {number} left @param {number} right @param {number} height */
  #hatch(ctx, left, right, height) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, 0, right - left, height);
    ctx.clip();
    ctx.beginPath();
    for (let x = left - height; x < right; x += hatch) {
      ctx.moveTo(x, height);
      ctx.lineTo(x + height, 0);
    }
    ctx.strokeStyle = this.#line;
    ctx.lineWidth = 1;
    ctx.stroke();
    ctx.restore();
  }

  /** The distance of samples around here: the lesser of the two beside this one. @param {number} i */
  #usual(i) {
    const { at, from, to } = this.#cores;
    const back = i - 1 > from ? at[i - 1] - at[i - 2] : Infinity;
    const ahead = i + 1 < to ? at[i + 1] - at[i] : Infinity;
    const least = Math.min(back, ahead);
    return least === Infinity ? 1000 : least;
  }

  /** @param {number} w @param {number} h */
  #size(w, h) {
    if (this.#image.width === w && this.#image.height === h) return;
    this.#image = new ImageData(w, h);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.#paper.width = w;
    this.#paper.height = h;
  }
}
