// @ts-check
// The wire as a sequence diagram: the server's life line above, the browser's below, time from right to left. Arrows
// lean by a fixed amount, so that a question and its answer can be told apart; what they show is when, not how fast.
// It is drawn a little into the future: the panel slides it, and a new picture is only needed when something happens.

import { kinds } from "../exchanges.js";
import { inks, type } from "./ink.js";
import { Surface } from "./surface.js";

/** @typedef {import("../exchanges.js").Exchanges} Exchanges */

/** Seconds of the past on screen, and seconds drawn ahead, in milliseconds. */
export const span = 20_000;
export const lead = 3_000;

const [request, messages, empty, open, end, error, command] = kinds.map((_, i) => i);

const veil = 0.13;

/** Where the life lines are, from the upper and the lower edge, in sizes of the type: the style sheet draws them there. */
const above = 3.2;
const below = 1.6;

/** Measures in sizes of the type. */
const leaning = 0.62;
const dotted = 0.32;
const barred = 0.27;

export class Lifelines {
  #surface;
  #exchanges;
  #names;
  #labels;
  #glyphs;
  /** @type {string[]} */
  #colours = [];
  #error = "";
  #paper = "";
  #font = "";
  #size = 11;
  #now = 0;

  /**
   * @param {HTMLCanvasElement} canvas wider than what is seen of it by lead / span
   * @param {Exchanges} exchanges
   * @param {readonly string[]} names of the techniques, as in the tokens
   * @param {string[]} labels what they are called on screen
   * @param {Path2D[]} glyphs 20 × 20
   * @param {() => void} mark
   */
  constructor(canvas, exchanges, names, labels, glyphs, mark) {
    this.#surface = new Surface(canvas, mark);
    this.#exchanges = exchanges;
    this.#names = names;
    this.#labels = labels;
    this.#glyphs = glyphs;
    this.restyle();
  }

  get width() {
    return this.#surface.width;
  }

  restyle() {
    const canvas = this.#surface.canvas;
    const colours = inks(canvas, [...this.#names.map((name) => `technique-${name}`), "alarm", "panel"]);
    this.#colours = this.#names.map((name) => colours[`technique-${name}`]);
    this.#error = colours.alarm;
    this.#paper = colours.panel;
    ({ font: this.#font, size: this.#size } = type(canvas));
  }

  /** @param {number} now milliseconds on performance.now()'s clock */
  draw(now) {
    const ctx = this.#surface.begin();
    if (!ctx) return false;
    this.#now = now;
    ctx.font = this.#font;
    ctx.lineCap = ctx.lineJoin = "round";
    const { width, height } = this.#surface;
    const seen = width * (span / (span + lead));
    const pace = seen / span;
    const top = Math.round(above * this.#size);
    const bottom = height - Math.round(below * this.#size);
    const oldest = now - span - 1000;
    this.#holds(ctx, seen, pace, top, bottom, oldest);
    this.#arrows(ctx, seen, pace, top, bottom, oldest);
    return true;
  }

  /**
   * @param {CanvasRenderingContext2D} ctx @param {number} seen @param {number} pace
   * @param {number} top @param {number} bottom @param {number} oldest
   */
  #holds(ctx, seen, pace, top, bottom, oldest) {
    const e = this.#exchanges;
    const { width } = this.#surface;
    const bar = barred * this.#size;
    for (let i = e.heldStart; i < e.held; i++) {
      const k = e.hold(i);
      if (e.to[k] < oldest) continue;
      const a = Math.max(-bar, seen - (this.#now - e.from[k]) * pace);
      const b = e.to[k] === Infinity ? width : seen - (this.#now - e.to[k]) * pace;
      if (b - a < 2) continue;
      ctx.fillStyle = this.#colours[e.owner[k]];
      ctx.globalAlpha = veil;
      ctx.fillRect(a, top, b - a, bottom - top);
      ctx.globalAlpha = 1;
      ctx.fillRect(a, top - bar / 2, b - a, bar);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} ctx @param {number} seen @param {number} pace
   * @param {number} top @param {number} bottom @param {number} oldest
   */
  #arrows(ctx, seen, pace, top, bottom, oldest) {
    const e = this.#exchanges;
    let last = -1;
    let lastX = -Infinity;
    let first = e.start;
    while (first < e.end && e.at[e.slot(first)] < oldest) first++;
    if (first > e.start) last = e.technique[e.slot(first - 1)];
    const crowd = this.#crowd(first, pace);
    ctx.lineWidth = crowd < 4 ? 1 : 1.5;
    const slope = Math.min(leaning * this.#size, Math.max(1.5, crowd * 0.8));
    const size = Math.min(dotted * this.#size, Math.max(1.5, crowd * 0.55));
    for (let i = first; i < e.end; i++) {
      const k = e.slot(i);
      const x = seen - (this.#now - e.at[k]) * pace;
      const technique = e.technique[k];
      if (technique !== last && e.kind[k] === request) {
        last = technique;
        this.#banner(ctx, technique, x, top, bottom);
      }
      ctx.strokeStyle = ctx.fillStyle = this.#colours[technique];
      switch (e.kind[k]) {
        case request:
          this.#line(ctx, x - slope, bottom, x, top, size);
          break;
        case command:
          this.#line(ctx, x - slope, bottom, x, top, size * 0.8);
          break;
        case messages:
          this.#line(ctx, x, top, x + slope, bottom, 0);
          disc(ctx, x + slope, bottom, size);
          ctx.fill();
          if (e.messages[k] > 1 && x - lastX > 14) {
            this.#number(ctx, e.messages[k], x + slope, bottom);
            lastX = x;
          }
          break;
        case empty:
          this.#line(ctx, x, top, x + slope, bottom, 0);
          ctx.fillStyle = this.#paper;
          disc(ctx, x + slope, bottom, size);
          ctx.fill();
          ctx.stroke();
          break;
        case open:
          this.#line(ctx, x, top, x + slope, bottom, size);
          break;
        case end:
          this.#line(ctx, x, top, x, bottom, 0);
          break;
        case error:
          this.#crossed(ctx, x, top, bottom);
          break;
      }
    }
  }

  /** Pixels per arrow pair lately: how close they may stand. @param {number} first @param {number} pace */
  #crowd(first, pace) {
    const e = this.#exchanges;
    const n = e.end - first;
    if (n < 8) return 20;
    return ((this.#now - e.at[e.slot(first)]) * pace * 2) / n;
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {number} head */
  #line(ctx, x1, y1, x2, y2, head) {
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(x2, y2);
    ctx.stroke();
    if (head < 2) return;
    const up = y2 < y1 ? 1 : -1;
    const long = head * 2;
    const tilt = ((x2 - x1) / Math.abs(y2 - y1)) * long;
    ctx.beginPath();
    ctx.moveTo(x2, y2);
    ctx.lineTo(x2 - tilt - head * 0.8, y2 + up * long);
    ctx.lineTo(x2 - tilt + head * 0.8, y2 + up * long);
    ctx.fill();
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} top @param {number} bottom */
  #crossed(ctx, x, top, bottom) {
    const y = (top + bottom) / 2;
    ctx.strokeStyle = this.#error;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, bottom);
    ctx.moveTo(x - 5, y - 5);
    ctx.lineTo(x + 5, y + 5);
    ctx.moveTo(x - 5, y + 5);
    ctx.lineTo(x + 5, y - 5);
    ctx.stroke();
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} n @param {number} x @param {number} y */
  #number(ctx, n, x, y) {
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    ctx.fillText(`×${n}`, x, y + 4);
  }

  /**
   * From here on it is that technique.
   * @param {CanvasRenderingContext2D} ctx @param {number} technique @param {number} x
   * @param {number} top @param {number} bottom
   */
  #banner(ctx, technique, x, top, bottom) {
    const lean = leaning * this.#size;
    ctx.fillStyle = this.#paper;
    ctx.fillRect(x - lean, 0, ctx.measureText(this.#labels[technique]).width + 3.5 * this.#size, 2 * this.#size);
    const scale = (1.45 * this.#size) / 20;
    ctx.strokeStyle = ctx.fillStyle = this.#colours[technique];
    ctx.save();
    ctx.lineWidth = 1;
    ctx.setLineDash([2, 3]);
    ctx.beginPath();
    ctx.moveTo(x - lean, this.#size / 2);
    ctx.lineTo(x - lean, bottom);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.translate(x, this.#size / 2);
    ctx.scale(scale, scale);
    ctx.lineWidth = 1.75;
    ctx.stroke(this.#glyphs[technique]);
    ctx.restore();
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(this.#labels[technique], x + 2 * this.#size, 1.25 * this.#size);
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number} r */
function disc(ctx, x, y, r) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 2 * Math.PI);
}
