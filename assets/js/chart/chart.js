// @ts-check
// A chart over time: axes, layers, crosshair, on the canvas it gets. It touches nothing else of the page; what the
// numbers are called and where the legend stands is the panel's business.

import { axisInks, drawTimes, drawValues, room } from "./axis.js";
import { inks, type } from "./ink.js";
import { drawMarks } from "./marks.js";
import { ceiling } from "./scale.js";
import { Surface } from "./surface.js";
import { View } from "./view.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("./crosshair.js").Crosshair} Crosshair */
/**
 * @typedef {object} Layer
 * @property {string[]} inks
 * @property {(store: Store, view: View) => number} extent
 * @property {(ctx: CanvasRenderingContext2D, view: View, colours: Record<string, string>) => void} draw
 */
/**
 * @typedef {object} Options
 * @property {() => import("./scale.js").Unit} unit
 * @property {() => Layer[]} layers drawn in this order
 * @property {boolean} [mirrored] layers go both ways from a zero in the middle
 * @property {(store: Store) => number} [limit] the top of the axis where it is a fact; otherwise it follows the values
 */

/** Room for labels, in widths of the type. */
const gutter = 5.1;
const foot = 1.9;

export class Chart {
  #surface;
  #store;
  #crosshair;
  #options;
  #view = new View();
  #styled = false;
  /** @type {Record<string, string>} */
  #colours = {};
  #font = "";

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Store} store
   * @param {Crosshair} crosshair
   * @param {Options} options
   * @param {() => void} mark asks for a draw
   */
  constructor(canvas, store, crosshair, options, mark) {
    this.#surface = new Surface(canvas, mark);
    this.#store = store;
    this.#crosshair = crosshair;
    this.#options = options;
    this.#view.mirrored = options.mirrored ?? false;
  }

  /** Colours, type or layers are others: they are read when it is drawn. */
  restyle() {
    this.#styled = false;
  }

  #style() {
    this.#styled = true;
    const canvas = this.#surface.canvas;
    this.#colours = inks(canvas, [...axisInks, "chart-cross", "panel", "technique", "alarm", "warn", ...this.#options.layers().flatMap((layer) => layer.inks)]);
    ({ font: this.#font, size: this.#view.size } = type(canvas));
  }

  /**
   * What this chart shows at its next draw.
   * @param {number} from Unix milliseconds
   * @param {number} to
   * @param {Store} store
   */
  show(from, to, store) {
    this.#view.from = from;
    this.#view.to = to;
    this.#store = store;
  }

  get canvas() {
    return this.#surface.canvas;
  }

  /** Where the plot lies on the canvas since it was last laid out, in CSS pixels. */
  get left() {
    return this.#view.left;
  }

  get right() {
    return this.#view.right;
  }

  /**
   * The moment at a place on the canvas, NaN outside the plot.
   * @param {number} x CSS pixels from the canvas's left edge
   */
  moment(x) {
    const view = this.#view;
    if (view.width <= 0 || x < view.left - 2 || x > view.right + 2) return NaN;
    return this.nearest(x);
  }

  /** Likewise, and outside the plot the moment at its edge. @param {number} x */
  nearest(x) {
    const view = this.#view;
    return Math.min(view.to, Math.max(view.from, view.at(x)));
  }

  /**
   * Finds out where the plot lies on the canvas, as it is now.
   * @returns {number} its width, 0 while the canvas has none
   */
  lay() {
    if (this.#surface.width === 0) return 0;
    if (!this.#styled) this.#style();
    const view = this.#view;
    view.left = Math.round(view.size * gutter);
    view.top = Math.round(view.size * 0.6);
    view.width = Math.max(1, this.#surface.width - view.left - 2);
    view.height = Math.max(1, this.#surface.height - view.top - Math.round(view.size * foot));
    return view.width;
  }

  draw() {
    const ctx = this.#surface.begin();
    if (!ctx) return;
    this.lay();
    const view = this.#view;
    const options = this.#options;
    ctx.font = this.#font;
    ctx.fontKerning = "none";

    const layers = options.layers();
    const unit = options.unit();
    let max = 0;
    for (const layer of layers) max = Math.max(max, layer.extent(this.#store, view));
    const fact = options.limit?.(this.#store);
    view.max = fact && fact > 0 ? fact : ceiling(max, room(view), unit);

    drawTimes(ctx, this.#surface, view, this.#colours);
    ctx.save();
    ctx.beginPath();
    ctx.rect(view.left, view.top - 1, view.width, view.height + 2);
    ctx.clip();
    for (const layer of layers) layer.draw(ctx, view, this.#colours);
    drawMarks(ctx, this.#surface, view, this.#crosshair, this.#colours);
    ctx.restore();
    drawValues(ctx, this.#surface, view, unit, this.#colours);
  }
}
