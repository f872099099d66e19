// @ts-check
// A sparkline: the shape of the last minutes without axes, and a dot where it stands now, in the colour of the
// technique that brought the number.

import { inks } from "./ink.js";
import { Line } from "./line.js";
import { Surface } from "./surface.js";
import { View } from "./view.js";

/** @typedef {import("../store.js").Store} Store */
/**
 * @typedef {object} Trace
 * @property {string} name series
 * @property {string} ink token
 * @property {1 | -1} [sign] -1 draws below the middle
 */

const pad = 3;
const dot = 2;
const headroom = 1.2;

export class Spark {
  #surface;
  #store;
  #traces;
  #ceiling;
  #lines;
  #view = new View();
  #styled = false;
  /** @type {Record<string, string>} */
  #colours = {};

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Store} store
   * @param {Trace[]} traces one, or two that go both ways
   * @param {() => number | null | undefined} ceiling the top: a fact where there is one, else NaN
   * @param {() => void} mark
   */
  constructor(canvas, store, traces, ceiling, mark) {
    this.#surface = new Surface(canvas, mark);
    this.#store = store;
    this.#traces = traces;
    this.#ceiling = ceiling;
    this.#lines = traces.map((trace) => new Line(trace.name, trace.ink, trace.sign));
    this.#view.mirrored = traces.length > 1;
  }

  /** The colours are others: they are read when it is drawn. */
  restyle() {
    this.#styled = false;
  }

  #style() {
    this.#styled = true;
    this.#colours = inks(this.#surface.canvas, ["technique", ...this.#traces.map((trace) => trace.ink)]);
  }

  /** @param {number} from @param {number} to @param {Store} store */
  show(from, to, store) {
    this.#view.from = from;
    this.#view.to = to;
    this.#store = store;
  }

  draw() {
    const ctx = this.#surface.begin();
    if (!ctx) return;
    if (!this.#styled) this.#style();
    const view = this.#view;
    view.left = 0;
    view.top = pad;
    view.width = this.#surface.width - 2 * pad;
    view.height = this.#surface.height - (view.mirrored ? 2 : 1) * pad;
    let max = 0;
    for (const line of this.#lines) max = Math.max(max, line.extent(this.#store, view));
    const fact = this.#ceiling() ?? NaN;
    view.max = fact > 0 ? fact : max * headroom || 1;

    ctx.save();
    ctx.beginPath();
    ctx.rect(0, 0, view.right, this.#surface.height);
    ctx.clip();
    for (const line of this.#lines) line.draw(ctx, view, this.#colours);
    ctx.restore();

    ctx.fillStyle = this.#colours.technique;
    const row = this.#store.find(view.to);
    for (const { name, sign = 1 } of this.#traces) {
      const v = this.#store.value(name, row);
      if (Number.isNaN(v)) continue;
      ctx.beginPath();
      ctx.arc(view.x(this.#store.at[row]), view.y(sign * v), dot, 0, 2 * Math.PI);
      ctx.fill();
    }
  }
}
