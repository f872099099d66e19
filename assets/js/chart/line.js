// @ts-check
// One line, over a soft area or not, upwards from zero or mirrored below it. A gap stays a gap; a lone sample is a dot.
// Where a point stands for many readings the line is their mean, and a soft band reaches from the least to the greatest.

import { between } from "./area.js";
import { Sampler } from "./sampler.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("../store.js").Store} Store */

/** Pixels; no more: a canvas that no GPU draws takes twice as long for a line that is wider than one. */
const weight = 1;
const dot = 1.25;
const shade = 0.22;
const bandShade = 0.34;

export class Line {
  #names;
  #ink;
  #sign;
  #soft;
  #sampler = new Sampler(1);

  /**
   * @param {string} name series
   * @param {string} ink token
   * @param {1 | -1} [sign] -1 draws downwards
   * @param {boolean} [soft] with the area
   */
  constructor(name, ink, sign = 1, soft = true) {
    this.#names = [name];
    this.#ink = ink;
    this.#sign = /** @type {1 | -1} */ (sign);
    this.#soft = soft;
  }

  get inks() {
    return [this.#ink];
  }

  /** Draw another series from now on. @param {string} name */
  choose(name) {
    this.#names = [name];
  }

  /**
   * @param {Store} store
   * @param {View} view only its edges in time and its width are set
   * @returns {number} the greatest value in sight
   */
  extent(store, view) {
    const s = this.#sampler;
    s.run(store, this.#names, view);
    const [highs] = s.highs;
    let max = 0;
    for (let i = 0; i < s.n; i++) if (highs[i] > max) max = highs[i];
    return max;
  }

  /**
   * Draws what `extent` found.
   * @param {CanvasRenderingContext2D} ctx
   * @param {View} view
   * @param {Record<string, string>} colours
   */
  draw(ctx, view, colours) {
    const { n, ys: [ys] } = this.#sampler;
    ctx.fillStyle = ctx.strokeStyle = colours[this.#ink];
    ctx.lineWidth = weight;
    ctx.lineJoin = "bevel";
    for (let a = 0, b = 0; b < n; a = b + 1) {
      for (b = a; b < n && ys[b] === ys[b]; b++);
      if (b > a) this.#stretch(ctx, view, a, b);
    }
  }

  /** @param {CanvasRenderingContext2D} ctx @param {View} view @param {number} a @param {number} b */
  #stretch(ctx, view, a, b) {
    const { at, ys: [ys], lows: [lows], highs: [highs] } = this.#sampler;
    let apart = false;
    for (let i = a; i < b && !apart; i++) apart = (highs[i] - lows[i]) * view.rise > 1;
    if (apart) {
      ctx.globalAlpha = bandShade;
      between(ctx, view, at, lows, highs, a, b, this.#sign);
      ctx.globalAlpha = 1;
    }
    ctx.beginPath();
    for (let i = a; i < b; i++) ctx.lineTo(view.x(at[i]), view.y(this.#sign * ys[i]));
    if (b - a === 1) {
      ctx.arc(view.x(at[a]), view.y(this.#sign * ys[a]), dot, 0, 2 * Math.PI);
      ctx.fill();
      return;
    }
    ctx.stroke();
    if (!this.#soft) return;
    ctx.lineTo(view.x(at[b - 1]), view.zero);
    ctx.lineTo(view.x(at[a]), view.zero);
    ctx.globalAlpha = shade;
    ctx.fill();
    ctx.globalAlpha = 1;
  }
}
