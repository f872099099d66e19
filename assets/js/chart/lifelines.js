// @ts-check
// The wire as a sequence diagram: the server's life line above, the browser's below, time from right to left.
// It is drawn a little into the future, and slid: a new picture is only needed when something happens.

import { drawArrows, drawHolds } from "./arrows.js";
import { inks, type } from "./ink.js";
import { Surface } from "./surface.js";

/** @typedef {import("../exchanges.js").Exchanges} Exchanges */

/** Seconds of the past on screen, and seconds drawn ahead, in milliseconds. */
const span = 20_000;
const lead = 3_000;

/** Where the life lines are, from the upper and the lower edge, in sizes of the type: the style sheet draws them there. */
const above = 3.2;
const below = 1.6;

/** How far left of its arrow a banner begins, in sizes of the type. */
const aside = 0.62;

export class Lifelines {
  #surface;
  #exchanges;
  #names;
  #called;
  /** @type {string[]} */
  #labels = [];
  #glyphs;
  #styled = false;
  #inks = { techniques: /** @type {string[]} */ ([]), error: "", paper: "" };
  #font = "";
  #size = 11;

  /**
   * @param {HTMLCanvasElement} canvas wider than what is seen of it by lead / span
   * @param {Exchanges} exchanges
   * @param {readonly string[]} names of the techniques, as in the tokens
   * @param {(name: string) => string} called what one is called on screen; asked anew after restyle
   * @param {Path2D[]} glyphs 20 × 20
   * @param {() => void} mark
   */
  constructor(canvas, exchanges, names, called, glyphs, mark) {
    this.#surface = new Surface(canvas, mark);
    this.#exchanges = exchanges;
    this.#names = names;
    this.#called = called;
    this.#glyphs = glyphs;
  }

  /** Colours or words are others: they are read when it is drawn. */
  restyle() {
    this.#styled = false;
  }

  #style() {
    this.#styled = true;
    const canvas = this.#surface.canvas;
    this.#inks = wireInks(canvas, this.#names);
    this.#labels = this.#names.map(this.#called);
    ({ font: this.#font, size: this.#size } = type(canvas));
  }

  /**
   * @param {number} now milliseconds on performance.now()'s clock
   * @param {import("./slide.js").Slide} slide what moves the canvas
   */
  draw(now, slide) {
    const ctx = this.#surface.begin();
    if (!ctx) return;
    if (!this.#styled) this.#style();
    ctx.font = this.#font;
    ctx.lineCap = ctx.lineJoin = "round";
    const { width, height } = this.#surface;
    const visible = width * (span / (span + lead));
    const right = visible + slide.run(width - visible, lead);
    const top = Math.round(above * this.#size);
    const bottom = height - Math.round(below * this.#size);
    const box = { now, right, width, top, bottom, pace: visible / span, oldest: now - span - 1000, size: this.#size };
    drawHolds(ctx, this.#exchanges, box, this.#inks);
    /** @type {[technique: number, x: number][]} */
    const banners = [];
    drawArrows(ctx, this.#exchanges, box, this.#inks, (technique, x) => banners.push([technique, x]));
    for (const [technique, x] of banners) this.#banner(ctx, technique, x, bottom);
  }

  /**
   * From here on it is that technique.
   * @param {CanvasRenderingContext2D} ctx @param {number} technique @param {number} x
   * @param {number} bottom
   */
  #banner(ctx, technique, x, bottom) {
    const lean = aside * this.#size;
    const label = this.#labels[technique];
    ctx.fillStyle = this.#inks.paper;
    ctx.fillRect(x - lean, 0, ctx.measureText(label).width + 3.5 * this.#size, 2 * this.#size);
    const scale = (1.45 * this.#size) / 20;
    ctx.strokeStyle = ctx.fillStyle = this.#inks.techniques[technique];
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
    ctx.fillText(label, x + 2 * this.#size, 1.25 * this.#size);
  }
}

/**
 * The colours of the wire as an element sees them now.
 * @param {Element} element
 * @param {readonly string[]} names of the techniques, as in the tokens
 * @returns {import("./arrows.js").Inks}
 */
export function wireInks(element, names) {
  const colours = inks(element, [...names.map((name) => `technique-${name}`), "alarm", "panel"]);
  return { techniques: names.map((name) => colours[`technique-${name}`]), error: colours.alarm, paper: colours.panel };
}
