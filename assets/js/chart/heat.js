// @ts-check
// The heat strip: a row per processor, time from left to right as in the chart above it, colour for how busy it was.
// A pixel has the mean of the readings in it; where there is none it is hatched.

import { channels, inks } from "./ink.js";
import { Surface } from "./surface.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("./chart.js").Chart} Chart */

/** The tokens of the scale, idle to busy, at equal distances. */
export const scale = ["heat-0", "heat-1", "heat-2", "heat-3"];
/** Pixels between two lines of the hatching that says: no reading. */
const hatch = 6;
/** Steps of the scale. */
const shades = 256;

export class Heat {
  #surface;
  #crosshair;
  /** @type {{store: Store | null, series: string[], from: number, to: number, left: number, right: number}} */
  #shown = { store: null, series: [], from: 0, to: 1, left: 0, right: 0 };
  #styled = false;
  #lut = new Uint32Array(shades);
  #cross = "";
  #none = "";
  #line = "";
  /** whether it is hatched anywhere */
  bare = false;
  /** whether a pixel of it has no reading */
  #open = false;
  #paper = new OffscreenCanvas(1, 1);
  #pen = /** @type {OffscreenCanvasRenderingContext2D} */ (this.#paper.getContext("2d"));
  #image = new ImageData(1, 1);
  #pixels = new Uint32Array(this.#image.data.buffer);
  /** of the readings in each column of pixels */
  #sums = new Float64Array(1);
  #counts = new Uint32Array(1);

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("./crosshair.js").Crosshair} crosshair
   * @param {() => void} mark
   */
  constructor(canvas, crosshair, mark) {
    this.#surface = new Surface(canvas, mark);
    this.#crosshair = crosshair;
  }

  /** The colours are others: they are read when it is drawn. */
  restyle() {
    this.#styled = false;
  }

  #style() {
    this.#styled = true;
    const colours = inks(this.#surface.canvas, [...scale, "heat-none", "heat-hatch", "chart-cross"]);
    const stops = scale.map((name) => channels(colours[name]));
    for (let i = 0; i < shades; i++) {
      const position = (i / (shades - 1)) * (stops.length - 1);
      const k = Math.min(stops.length - 2, Math.floor(position));
      const [r, g, b] = stops[k].map((v, c) => Math.round(v + (stops[k + 1][c] - v) * (position - k)));
      this.#lut[i] = (255 << 24) | (b << 16) | (g << 8) | r;
    }
    this.#cross = colours["chart-cross"];
    this.#none = colours["heat-none"];
    this.#line = colours["heat-hatch"];
  }

  /**
   * What is shown, and where on the canvas its time lies.
   * @param {Store} store
   * @param {string[]} series of the cores, from top to bottom
   * @param {number} from
   * @param {number} to
   * @param {number} left CSS pixels
   * @param {number} right
   */
  show(store, series, from, to, left, right) {
    Object.assign(this.#shown, { store, series, from, to, left, right });
  }

  draw() {
    const ctx = this.#surface.begin();
    const { store, series, from, to, left, right } = this.#shown;
    const n = series.length;
    if (!ctx || !store || n === 0) return;
    if (!this.#styled) this.#style();
    const columns = Math.max(1, Math.round(right - left));
    this.#size(columns, n);
    this.#paint(store, series.map((name) => store.column(name)), from, to, columns);
    this.#pen.putImageData(this.#image, 0, 0);
    const { height } = this.#surface;
    if (this.#open) this.#hatch(ctx, left, right, height);
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
    ctx.fillStyle = this.#none;
    ctx.fillRect(left, 0, right - left, height);
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

  /** @param {Store} store @param {Float64Array[]} cores @param {number} from @param {number} to @param {number} columns */
  #paint(store, cores, from, to, columns) {
    const first = Math.max(store.from, store.find(from));
    const last = Math.min(store.to - 1, store.find(to) + 1);
    const place = (/** @type {number} */ at) => Math.min(columns, Math.max(0, Math.floor(((at - from) / (to - from)) * columns)));
    this.#open = false;
    cores.forEach((busy, c) => {
      this.#sums.fill(0);
      this.#counts.fill(0);
      for (let i = first; i <= last; i++) {
        const [since, until] = [store.since(i), store.until(i)];
        if (busy[i] !== busy[i] || until <= from || since >= to) continue;
        const a = place(since);
        const b = Math.max(a + 1, place(until));
        for (let x = a; x < b; x++) {
          this.#sums[x] += busy[i];
          this.#counts[x]++;
        }
      }
      for (let x = 0; x < columns; x++) {
        const busy = Math.min(1, this.#sums[x] / this.#counts[x]);
        this.#pixels[c * columns + x] = this.#counts[x] > 0 ? this.#lut[Math.round(busy * (shades - 1))] : 0;
        if (this.#counts[x] === 0) this.#open = true;
      }
    });
    this.bare = false;
    for (let x = 0, empty = 0; x < columns && !this.bare; x++) {
      empty = this.#pixels[x] === 0 ? empty + 1 : 0;
      this.bare = empty >= hatch; // less looks like a line
    }
  }

  /** @param {number} w @param {number} h */
  #size(w, h) {
    if (this.#image.width === w && this.#image.height === h) return;
    this.#image = new ImageData(w, h);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.#sums = new Float64Array(w);
    this.#counts = new Uint32Array(w);
    this.#paper.width = w;
    this.#paper.height = h;
  }
}
