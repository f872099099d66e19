// @ts-check
// Stacked bands: parts of a whole, the first at the bottom. A part that is not known is left out; where none is known
// there is a gap. Where a point stands for many readings, the whole has an outline as high as the greatest of them.

import { Sampler } from "./sampler.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("../store.js").Store} Store */

const edge = 1;
const thinnest = 0.25;
/** The token for how opaque a band is: the legend mixes its swatches by the same. */
const shade = "shade-area";
/** How opaque the peaks above the bands are. */
const faint = 0.22;

export class Area {
  #names;
  #inks;
  #sampler;
  /** the series that the bands, or some of them from the bottom, sum to @type {string[]} */
  #whole;
  #peaks = new Sampler(1);
  /** @type {Float64Array} the upper edge of the band below */
  #floor = new Float64Array(0);
  /** @type {Float64Array} and of this one */
  #roof = new Float64Array(0);
  #shade = 1;

  /**
   * @param {string[]} names series
   * @param {string[]} inks tokens, one for each
   * @param {string} [whole] series whose peaks are outlined
   */
  constructor(names, inks, whole) {
    this.#names = names;
    this.#inks = inks;
    this.#whole = whole ? [whole] : [];
    this.#sampler = new Sampler(names.length);
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
    this.#sampler.run(store, this.#names, view);
    let max = 0;
    for (let i = 0; i < this.#sampler.n; i++) {
      let total = 0;
      for (const ys of this.#sampler.ys) total += ys[i] || 0;
      max = Math.max(max, total);
    }
    if (this.#whole.length > 0) {
      this.#peaks.run(store, this.#whole, view);
      for (let i = 0; i < this.#peaks.n; i++) if (this.#peaks.highs[0][i] > max) max = this.#peaks.highs[0][i];
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
    if (this.#whole.length > 0) this.#outline(ctx, view, colours[this.#inks[0]]);
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

  /** From the mean of the whole up to the greatest of what a point stands for. @param {CanvasRenderingContext2D} ctx @param {View} view @param {string} ink */
  #outline(ctx, view, ink) {
    const { n, at, ys: [means], highs: [highs] } = this.#peaks;
    ctx.fillStyle = ink;
    ctx.globalAlpha = faint;
    for (let a = 0, b = 0; b < n; a = b + 1) {
      let apart = false;
      for (b = a; b < n && means[b] === means[b]; b++) apart ||= (highs[b] - means[b]) * view.rise > 1;
      if (b > a && apart) between(ctx, view, at, means, highs, a, b);
    }
    ctx.globalAlpha = 1;
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
    ctx.globalAlpha = this.#shade;
    between(ctx, view, at, this.#floor, this.#roof, a, b);
    ctx.globalAlpha = 1;
  }
}

/**
 * Fills what lies between two edges, over the points from a up to b.
 * @param {CanvasRenderingContext2D} ctx
 * @param {View} view
 * @param {Float64Array} at
 * @param {Float64Array} lower
 * @param {Float64Array} upper
 * @param {number} a
 * @param {number} b
 * @param {1 | -1} [sign] -1 below zero
 */
export function between(ctx, view, at, lower, upper, a, b, sign = 1) {
  ctx.beginPath();
  for (let i = a; i < b; i++) ctx.lineTo(view.x(at[i]), view.y(sign * upper[i]));
  for (let i = b - 1; i >= a; i--) ctx.lineTo(view.x(at[i]), view.y(sign * lower[i]));
  ctx.fill();
}
