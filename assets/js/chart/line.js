// @ts-check
// One line, over a soft area or not, upwards from zero or mirrored below it. A gap stays a gap; a lone sample is a dot.

import { Sampler } from "./sampler.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("../store.js").Store} Store */

const weight = 1.25;
const shade = 0.22;

export class Line {
  #name;
  #ink;
  #sign;
  #soft;
  #sampler = new Sampler(1, "max");
  /** @type {Float64Array[]} */
  #columns = [];

  /**
   * @param {string} name series
   * @param {string} ink token
   * @param {1 | -1} [sign] -1 draws downwards
   * @param {boolean} [soft] with the area
   */
  constructor(name, ink, sign = 1, soft = true) {
    this.#name = name;
    this.#ink = ink;
    this.#sign = sign;
    this.#soft = soft;
  }

  get inks() {
    return [this.#ink];
  }

  /** Draw another series from now on. @param {string} name */
  choose(name) {
    this.#name = name;
    this.#columns = [];
  }

  /**
   * @param {Store} store
   * @param {View} view only its edges in time and its width are set
   * @returns {number} the greatest value in sight
   */
  extent(store, view) {
    const s = this.#sampler;
    if (this.#columns.length === 0) this.#columns = [store.column(this.#name)];
    s.run(store, this.#columns, view);
    let max = 0;
    for (let i = 0; i < s.n; i++) if (s.ys[0][i] > max) max = s.ys[0][i];
    return max;
  }

  /**
   * Draws what `extent` found.
   * @param {CanvasRenderingContext2D} ctx
   * @param {View} view
   * @param {Record<string, string>} colours
   */
  draw(ctx, view, colours) {
    const s = this.#sampler;
    ctx.fillStyle = ctx.strokeStyle = colours[this.#ink];
    ctx.lineWidth = weight;
    ctx.lineJoin = "bevel";
    let a = -1;
    for (let i = 0; i <= s.n; i++) {
      const gap = i === s.n || Number.isNaN(s.ys[0][i]);
      if (gap && a >= 0) {
        this.#stretch(ctx, view, a, i);
        a = -1;
      } else if (!gap && a < 0) a = i;
    }
  }

  /** @param {CanvasRenderingContext2D} ctx @param {View} view @param {number} a @param {number} b */
  #stretch(ctx, view, a, b) {
    const s = this.#sampler;
    const ys = s.ys[0];
    ctx.beginPath();
    for (let i = a; i < b; i++) ctx.lineTo(view.x(s.at[i]), view.y(this.#sign * ys[i]));
    if (b - a === 1) {
      ctx.arc(view.x(s.at[a]), view.y(this.#sign * ys[a]), weight, 0, 2 * Math.PI);
      ctx.fill();
      return;
    }
    ctx.stroke();
    if (!this.#soft) return;
    ctx.lineTo(view.x(s.at[b - 1]), view.zero);
    ctx.lineTo(view.x(s.at[a]), view.zero);
    ctx.globalAlpha = shade;
    ctx.fill();
    ctx.globalAlpha = 1;
  }
}
