// @ts-check
// A table of things that come and go, in the server's order: made from a list of columns, rows kept by key, only what
// changed written. Some of the things may be folded away behind a button. To add a column, add an entry.

import { caption } from "../words/words.js";
import { attribute, one, property, reveal, write } from "./dom.js";
import { whenSeen } from "./seen.js";

/**
 * @template T
 * @typedef {object} Column
 * @property {string} id
 * @property {string} label the key of its words
 * @property {(item: T) => string} read
 * @property {"number" | "gauge"} [kind] text unless told
 * @property {"medium-only" | "wide-only" | "wider-only" | "widest-only"} [room] where there is too little of it the column goes
 * @property {(item: T) => string | undefined} [mark] a small word behind the text
 * @property {(item: T) => string} [title]
 * @property {(item: T) => number | null | undefined} [ratio] of a gauge
 * @property {(item: T) => "" | "warn" | "alarm"} [level]
 */
/**
 * @template T
 * @typedef {object} Options
 * @property {Column<T>[]} columns the first one names the row
 * @property {(item: T) => string} key
 * @property {(item: T) => boolean} [folded] behind the button
 * @property {(away: T[]) => string} [others] what the button says of those behind it
 * @property {(item: T) => boolean} [dim]
 */
/** @typedef {{row: HTMLElement, cells: HTMLElement[], texts: HTMLElement[], marks: (HTMLElement | undefined)[]}} Row */

/** @template T */
export class Table {
  #options;
  #root;
  #main;
  #more;
  #button;
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {T[]} */
  #list = [];

  /**
   * @param {HTMLElement} root the panel; it has a table, and with things to fold a .more button
   * @param {Options<T>} options
   */
  constructor(root, options) {
    const table = /** @type {HTMLTableElement} */ (one("table", root));
    this.#root = root;
    this.#options = options;
    this.#main = table.appendChild(document.createElement("tbody"));
    this.#more = table.appendChild(document.createElement("tbody"));
    this.#more.hidden = true;
    this.#button = /** @type {HTMLElement | null} */ (root.querySelector(".more"));
    this.#button?.addEventListener("click", () => {
      this.#more.hidden = !this.#more.hidden;
      this.#update();
    });
    const head = table.createTHead().insertRow();
    for (const column of options.columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.dataset.key = column.id;
      cell.className = looks(column);
      caption(cell, column.label);
      head.append(cell);
    }
    this.#update = whenSeen(root, () => this.#write());
  }

  /** @param {T[] | undefined} list without any of them the panel goes */
  show(list) {
    this.#list = list ?? [];
    reveal(this.#root, this.#list.length > 0);
    if (this.#list.length > 0) this.#update();
  }

  /** @type {() => void} */
  #update;

  #write() {
    const { key, folded } = this.#options;
    const seen = new Set();
    const places = new Map([this.#main, this.#more].map((body) => [body, body.firstElementChild]));
    const others = [];
    for (const item of this.#list) {
      const away = folded?.(item) ?? false;
      if (away) others.push(item);
      if (away && this.#more.hidden) continue;
      const name = key(item);
      seen.add(name);
      const found = this.#row(name);
      const body = away ? this.#more : this.#main;
      const place = places.get(body) ?? null;
      if (found.row === place) places.set(body, place.nextElementSibling);
      else body.insertBefore(found.row, place);
      this.#fill(found, item);
    }
    for (const [name, { row }] of this.#rows) {
      if (seen.has(name)) continue;
      row.remove();
      this.#rows.delete(name);
    }
    if (!this.#button) return;
    reveal(this.#button, others.length > 0);
    write(this.#button, this.#options.others?.(others) ?? "");
    attribute(this.#button, "aria-expanded", String(!this.#more.hidden));
  }

  /** @param {Row} found @param {T} item */
  #fill({ row, cells, texts, marks }, item) {
    row.classList.toggle("dim", this.#options.dim?.(item) ?? false);
    this.#options.columns.forEach((column, i) => {
      write(texts[i], column.read(item));
      const mark = marks[i];
      if (mark) write(mark, column.mark?.(item) ?? "");
      if (column.title) attribute(cells[i], "title", column.title(item));
      if (column.level) attribute(cells[i], "data-level", column.level(item));
      if (column.kind !== "gauge") return;
      const ratio = column.ratio?.(item) ?? null;
      attribute(cells[i], "data-known", String(ratio !== null));
      property(cells[i], "ratio", Math.min(1, ratio ?? 0));
    });
  }

  /** @param {string} key @returns {Row} */
  #row(key) {
    let found = this.#rows.get(key);
    if (!found) {
      const row = document.createElement("tr");
      const made = this.#options.columns.map((column, i) => cell(column, i === 0));
      row.append(...made.map((c) => c.cell));
      found = { row, cells: made.map((c) => c.cell), texts: made.map((c) => c.text), marks: made.map((c) => c.mark) };
      this.#rows.set(key, found);
    }
    return found;
  }
}

/** @param {Column<any>} column @param {boolean} first */
function cell(column, first) {
  const cell = document.createElement(first ? "th" : "td");
  if (first) cell.setAttribute("scope", "row");
  cell.className = looks(column);
  if (column.kind === "gauge") {
    const box = cell.appendChild(element("gauge-cell"));
    box.appendChild(element("gauge")).append(element("gauge-fill"));
    return { cell, text: box.appendChild(element("gauge-word")), mark: undefined };
  }
  if (!column.mark) return { cell, text: cell, mark: undefined };
  return { cell, text: cell.appendChild(element("text")), mark: cell.appendChild(element("mark")) };
}

/** @param {string} name */
function element(name) {
  const span = document.createElement("span");
  span.className = name;
  return span;
}

/** @param {Column<any>} column */
function looks({ kind, room }) {
  return [kind === "number" ? "number" : "", kind === "gauge" ? "gauged" : "", room].filter(Boolean).join(" ");
}
