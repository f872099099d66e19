// @ts-check
// Stacked bands: parts of a whole, the first at the bottom. A part that is not known is left out; where none is known
// there is a gap.

import { Sampler } from "./sampler.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("../store.js").Store} Store */

const edge = 1;
const thinnest = 0.25;
/** The token for how opaque a band is: the legend mixes its swatches by the same. */
const shade = "shade-area";

export class Area {
  #names;
  #inks;
  #sampler;
  /** @type {Float64Array[]} */
  #columns = [];
  /** @type {Float64Array} the upper edge of the band below */
  #floor = new Float64Array(0);
  /** @type {Float64Array} and of this one */
  #roof = new Float64Array(0);
  #shade = 1;

  /**
   * @param {string[]} names series
   * @param {string[]} inks tokens, one for each
   */
  constructor(names, inks) {
    this.#names = names;
    this.#inks = inks;
    this.#sampler = new Sampler(names.length, "mean");
  }

  /** The tokens this layer paints with. */
  get inks() {
    return [...this.#inks, shade];
  }

  /**
   * @param {Store} store
   * @param {View} view only its edges in time and its width are set
   * @returns {number} the greatest value in sight
   */
  extent(store, view) {
    if (this.#columns.length === 0) this.#columns = this.#names.map((name) => store.column(name));
    this.#sampler.run(store, this.#columns, view);
    let max = 0;
    for (let i = 0; i < this.#sampler.n; i++) {
      let total = 0;
      for (const ys of this.#sampler.ys) total += ys[i] || 0;
      max = Math.max(max, total);
    }
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
    if (this.#floor.length < s.n) {
      this.#floor = new Float64Array(s.at.length);
      this.#roof = new Float64Array(s.at.length);
    }
    this.#floor.fill(0, 0, s.n);
    this.#shade = Number(colours[shade]);
    ctx.lineWidth = edge;
    ctx.lineJoin = "bevel";
    for (let k = 0; k < s.ys.length; k++) {
      let most = 0;
      for (let i = 0; i < s.n; i++) {
        const v = s.ys[k][i] || 0;
        if (v > most) most = v;
        this.#roof[i] = this.#floor[i] + v;
      }
      if (most * view.rise < thinnest) continue; // not a trace of it: nothing to paint
      ctx.fillStyle = ctx.strokeStyle = colours[this.#inks[k]];
      for (let a = 0, b = 0; b < s.n; a = b + 1) {
        for (b = a; b < s.n && !this.#gap(b); b++);
        if (b > a) this.#band(ctx, view, a, b);
      }
      const lower = this.#floor;
      this.#floor = this.#roof;
      this.#roof = lower;
    }
  }

  /** @param {number} i */
  #gap(i) {
    for (const ys of this.#sampler.ys) if (!Number.isNaN(ys[i])) return false;
    return true;
  }

  /** @param {CanvasRenderingContext2D} ctx @param {View} view @param {number} a @param {number} b */
  #band(ctx, view, a, b) {
    const { at } = this.#sampler;
    ctx.beginPath();
    for (let i = a; i < b; i++) {
      const x = view.x(at[i]);
      const y = view.y(this.#roof[i]);
      // The edge of a band that is not there would hide the one below.
      if ((this.#roof[i] - this.#floor[i]) * view.rise < thinnest) ctx.moveTo(x, y);
      else ctx.lineTo(x, y);
    }
    ctx.stroke();
    ctx.beginPath();
    for (let i = a; i < b; i++) ctx.lineTo(view.x(at[i]), view.y(this.#roof[i]));
    for (let i = b - 1; i >= a; i--) ctx.lineTo(view.x(at[i]), view.y(this.#floor[i]));
    ctx.globalAlpha = this.#shade;
    ctx.fill();
    ctx.globalAlpha = 1;
  }
}
