// @ts-check
// Which texts surely fit into their columns. A cell that cuts what is too long for it is a layer, also while nothing is, and
// each row of such cells that is moved has the compositor make all of its layers anew. So only those cut that have to. A text
// is measured apart from the page, which lays nothing out for it; what is not known yet does not fit.

import { type } from "../chart/ink.js";

/** Texts whose widths are kept. */
const kept = 2000;
/** More than what is measured is needed, in CSS pixels: a page rounds otherwise than a canvas. */
const spare = 2;

export class Columns {
  #heads;
  #sample;
  #pen = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext("2d"));
  /** room in each column, in CSS pixels @type {number[]} */
  #room = [];
  /** type of each column @type {string[]} */
  #fonts = [];
  /** @type {Map<string, number>} */
  #widths = new Map();

  /**
   * @param {Element[]} heads of the columns
   * @param {() => Element[] | undefined} sample cells of one row, where there is one
   * @param {() => void} changed a column has other room
   */
  constructor(heads, sample, changed) {
    this.#heads = heads;
    this.#sample = sample;
    const sizes = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) this.#room[this.#heads.indexOf(target)] = contentRect.width;
      this.#fonts = [];
      changed();
    });
    for (const head of heads) sizes.observe(head);
  }

  /** @param {number} column @param {string} text */
  fits(column, text) {
    const room = (this.#room[column] ?? 0) - spare;
    if (room <= 0) return false;
    if (this.#fonts.length === 0) this.#fonts = this.#sample()?.map((cell) => type(cell).font) ?? [];
    return this.#fonts.length > 0 && this.#width(this.#fonts[column], text) <= room;
  }

  /** @param {string} font @param {string} text */
  #width(font, text) {
    const even = text.replace(/\d/g, "0"); // on the page all digits are as wide as each other
    const key = `${font} ${even}`;
    let width = this.#widths.get(key);
    if (width === undefined) {
      this.#pen.font = font;
      width = this.#pen.measureText(even).width;
      if (this.#widths.size >= kept) this.#widths.clear();
      this.#widths.set(key, width);
    }
    return width;
  }
}
