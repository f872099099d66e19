// @ts-check
// The picture of one lane: its arrows above, its saw-tooth below, on one canvas and the same time. It is drawn a little
// into the future and slid by the compositor, so that it moves smoothly while nothing is drawn.

import { drawArrows, drawHolds, nearest } from "../chart/arrows.js";
import { inks, type } from "../chart/ink.js";
import { wireInks } from "../chart/lifelines.js";
import { drawSaw } from "../chart/saw.js";
import { Slide } from "../chart/slide.js";
import { Surface } from "../chart/surface.js";
import { make } from "../panel/dom.js";
import { techniques } from "../transport/transport.js";
import { say } from "../words/words.js";

/** @typedef {import("./lane.js").Lane} Lane */
/** @typedef {import("./timeview.js").TimeView} TimeView */

/** The canvas is wider than what is seen of it by this part: the future. The style sheet says the same. */
const ahead = 0.15;
/** Frames a second of what moves. */
const smooth = 60;
/** Where things are, in sizes of the type. */
const above = 0.9;
const between = 1.9;
/** The arrows' part of the height. */
const arrows = 0.44;
/** Pixels around the pointer in which an arrow is meant. */
const reach = 14;

export class Picture {
  window = make("div", "lane-window");
  #canvas = make("canvas");
  #lane;
  #view;
  #clock;
  #surface;
  #slide;
  /** @type {{exchanges: import("../exchanges.js").Exchanges, deliveries: import("./deliveries.js").Deliveries} | null} as it was when time stood still */
  #still = null;
  /** the arrow with a ring around it, or -1 */
  #marked = -1;
  #inks = { techniques: /** @type {string[]} */ ([]), error: "", paper: "" };
  #lines = { life: "", grid: "", ink: "" };
  #font = "";
  #size = 11;

  /**
   * @param {Lane} lane
   * @param {TimeView} view
   * @param {import("./clock.js").Clock} clock
   * @param {() => void} mark asks for a draw
   */
  constructor(lane, view, clock, mark) {
    this.#lane = lane;
    this.#view = view;
    this.#clock = clock;
    this.window.append(this.#canvas);
    this.#surface = new Surface(this.#canvas, mark);
    this.#slide = new Slide(this.#canvas, mark, smooth);
  }

  restyle() {
    this.#inks = wireInks(this.#canvas, techniques);
    const { "chart-zero": life, "chart-grid": grid, "chart-cross": ink } = inks(this.#canvas, ["chart-zero", "chart-grid", "chart-cross"]);
    this.#lines = { life, grid, ink };
    ({ font: this.#font, size: this.#size } = type(this.#canvas));
  }

  /** What is drawn: what happens, or what had happened when time stood still. */
  get exchanges() {
    return this.#still?.exchanges ?? this.#lane.exchanges;
  }

  get deliveries() {
    return this.#still?.deliveries ?? this.#lane.deliveries;
  }

  /** Time stands still, or goes on. @param {boolean} still */
  freeze(still) {
    this.#still = still ? { exchanges: this.#lane.exchanges.copy(), deliveries: this.#lane.deliveries.copy() } : null;
  }

  /** Puts a ring around an arrow; -1 around none. @param {number} i */
  mark(i) {
    this.#marked = i;
  }

  /**
   * The arrow at a place in the window, or -1.
   * @param {number} x CSS pixels
   * @param {number} [away] at most: a pointer's reach
   */
  at(x, away = reach) {
    return nearest(this.exchanges, this.#box(this.#view.now), x, away);
  }

  /** Where an arrow is in the window, in CSS pixels. @param {number} i */
  place(i) {
    const box = this.#box(this.#view.now);
    return box.right - (box.now - this.exchanges.at[this.exchanges.slot(i)]) * box.pace;
  }

  draw() {
    if (!this.#font) this.restyle();
    const ctx = this.#surface.begin();
    if (!ctx) return;
    const { width, height } = this.#surface;
    const box = this.#box(this.#view.now);
    const visible = box.right;
    if (this.#view.frozen) this.#slide.stop();
    else box.right += this.#slide.run(width - visible, this.#view.span * ahead);
    ctx.font = this.#font;
    ctx.lineCap = ctx.lineJoin = "round";
    const floor = height - 2;
    for (const [y, colour] of /** @type {[number, string][]} */ ([
      [box.top, this.#lines.life], [box.bottom, this.#lines.life], [floor, this.#lines.life], [this.#tooth, this.#lines.grid],
    ])) {
      ctx.fillStyle = colour;
      ctx.fillRect(0, y, width, this.#surface.hair);
    }
    drawHolds(ctx, this.exchanges, box, this.#inks);
    drawArrows(ctx, this.exchanges, box, this.#inks);
    this.#away(ctx, box);
    const colour = this.#inks.techniques[techniques.indexOf(this.#lane.technique)];
    const saw = { ...box, top: this.#tooth, bottom: floor };
    drawSaw(ctx, this.deliveries, saw, this.#clock.offset, this.#view.max, colour, this.#inks.error);
    this.#provoked(ctx, box, floor);
    this.#ring(ctx, box, box.right - visible);
  }

  /** Where the saw-tooth's scale ends. */
  get #tooth() {
    return Math.round(this.#surface.height * arrows + between * this.#size);
  }

  /** @param {number} now @returns {import("../chart/arrows.js").Box} */
  #box(now) {
    const { width, height } = this.#surface;
    const right = width / (1 + ahead);
    const pace = right / this.#view.span;
    const top = Math.round(above * this.#size);
    return { now, right, width, pace, top, bottom: Math.round(height * arrows), oldest: now - this.#view.span - 50 / pace, size: this.#size };
  }

  /** When the page was in the background, and nothing was held. @param {CanvasRenderingContext2D} ctx @param {import("../chart/arrows.js").Box} box */
  #away(ctx, box) {
    const x = (/** @type {number} */ at) => box.right - (box.now - Math.min(box.now, at)) * box.pace;
    const y = (box.top + box.bottom) / 2;
    const text = say("lanes.away");
    const half = ctx.measureText(text).width / 2 + this.#size;
    ctx.strokeStyle = ctx.fillStyle = this.#lines.ink;
    ctx.lineWidth = 1;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.setLineDash([1, 3]);
    ctx.beginPath();
    for (const { from, to } of this.#lane.away) {
      const [a, b] = [Math.max(0, x(from)), x(to)];
      if (from > box.now || b <= a) continue;
      const room = b - a > 2 * half;
      const middle = (a + b) / 2;
      if (room) ctx.fillText(text, middle, y);
      for (const [one, other] of room ? [[a, middle - half], [middle + half, b]] : [[a, b]]) {
        ctx.moveTo(one, y);
        ctx.lineTo(other, y);
      }
    }
    ctx.stroke();
    ctx.setLineDash([]);
  }

  /** When something was broken on purpose. @param {CanvasRenderingContext2D} ctx @param {import("../chart/arrows.js").Box} box @param {number} floor */
  #provoked(ctx, box, floor) {
    ctx.strokeStyle = this.#inks.error;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([4, 3]);
    ctx.beginPath();
    for (const at of this.#lane.provoked) {
      if (at < box.oldest || at > box.now) continue;
      const x = box.right - (box.now - at) * box.pace;
      ctx.moveTo(x, 0);
      ctx.lineTo(x, floor);
    }
    ctx.stroke();
    ctx.setLineDash([]);
  }

  /** @param {CanvasRenderingContext2D} ctx @param {import("../chart/arrows.js").Box} box @param {number} gone */
  #ring(ctx, box, gone) {
    const e = this.exchanges;
    if (this.#marked < e.start || this.#marked >= e.end) return;
    const x = this.place(this.#marked) + gone;
    const half = 0.7 * this.#size;
    ctx.strokeStyle = this.#lines.ink;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.roundRect(x - half, box.top - half, 2 * half, box.bottom - box.top + 2 * half, half / 2);
    ctx.stroke();
  }
}
