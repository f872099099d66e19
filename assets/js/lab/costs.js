// @ts-check
// The cost table: what a delivered message costs on each lane, who is best at what, and runs that were pinned to be
// compared with.

import { clock as time, count } from "../format.js";
import { attribute, make, property, reveal, symbol, write } from "../panel/dom.js";
import { caption, follow, say } from "../words/words.js";
import { columns, compare, costs, shown, winners } from "./cost.js";
import { named } from "./kinds.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {{key: string, technique: import("../transport/transport.js").Technique, variant: string, values: Record<string, number>, seconds: number, broken: boolean, running: boolean, thin: string}} Line seconds: that it has counted */
/** @typedef {{at: number, seconds: number, lines: Line[]}} Run */
/** @typedef {{body: HTMLElement, head: HTMLElement, title: HTMLElement, rows: Map<string, {row: HTMLElement, name: HTMLElement, apart: HTMLElement, glyph: Element, cells: HTMLElement[], texts: HTMLElement[]}>}} Group */

/** Runs kept: more cannot be compared by eye. */
const most = 6;
/** Milliseconds after which somebody may want another one: before, it was a double click. */
const again = 1000;
/** Of the whole of a message, in the order of the bar. */
const parts = ["payload", "framing", "heads"];

export class Costs {
  #lab;
  #table = make("table", "costs-table");
  #foot = make("p", "panel-foot");
  #pin = make("button", "toggle");
  /** @type {HTMLElement[]} */
  #heads = [];
  #live;
  /** @type {{run: Run, group: Group}[]} */
  #pinned = [];
  /** @type {{id: string, sign: 1 | -1} | null} */
  #order = null;

  /** @param {HTMLElement} root @param {Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    const title = make("h2", "title");
    const note = make("p", "panel-note");
    caption(title, "costs.title");
    caption(note, "costs.note");
    caption(this.#foot, "costs.foot");
    caption(this.#pin, "costs.pin");
    caption(this.#pin, "costs.pin_help", "data-say-title");
    this.#pin.type = "button";
    this.#pin.dataset.testid = "costs-pin";
    this.#pin.addEventListener("click", () => this.#keep());
    this.#table.dataset.testid = "costs";
    this.#table.append(this.#head());
    this.#live = this.#group();
    const scroll = make("div", "table-scroll", this.#table);
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    caption(scroll, "costs.title", "data-say-label");
    root.append(make("div", "panel-head", title, note, make("div", "panel-tools", this.#pin)), scroll, this.#foot);
    for (const type of ["lanes", "reset"]) lab.on(type, () => this.show());
    follow(() => this.show());
  }

  show() {
    const run = this.#now();
    this.#fill(this.#live, run, say("costs.live", { seconds: count(run.seconds) }));
    for (const { run, group } of this.#pinned) this.#fill(group, run, say("costs.pinned", { time: time(run.at), seconds: count(run.seconds) }));
    reveal(this.#live.head, this.#pinned.length > 0);
    const lines = [run, ...this.#pinned.map(({ run }) => run)].flatMap(({ lines }) => lines);
    columns.forEach((column, i) => {
      const { id } = column;
      if (column.seldom) this.#reveal(i, shown(column, lines));
      const order = this.#order?.id === id ? (this.#order.sign > 0 ? "ascending" : "descending") : "none";
      attribute(this.#heads[i], "aria-sort", order);
    });
  }

  /** Shows or hides a column. @param {number} i @param {boolean} there */
  #reveal(i, there) {
    reveal(this.#heads[i], there);
    for (const { rows } of [this.#live, ...this.#pinned.map(({ group }) => group)]) for (const { cells } of rows.values()) reveal(cells[i], there);
  }

  /** The runs that were pinned, and the one that goes on, for a report. @returns {Run[]} */
  get runs() {
    return [...this.#pinned.map(({ run }) => run), this.#now()];
  }

  /** @returns {Run} */
  #now() {
    const { lanes, clock } = this.#lab;
    const began = Math.min(...lanes.map((lane) => lane.began).filter(Number.isFinite));
    const lines = lanes.map((lane) => {
      const { key, technique, variant, seconds, broken, running, thin } = lane;
      return { key, technique, variant, values: costs(lane, clock.offset), seconds, broken, running, thin };
    });
    return { at: Date.now(), seconds: Number.isFinite(began) ? (performance.now() - began) / 1000 : 0, lines };
  }

  /** Keeps what there is now. */
  #keep() {
    const run = this.#now();
    const last = this.#pinned.at(-1);
    if (last && run.at - last.run.at < again) return;
    const pinned = { run, group: this.#group() };
    const remove = make("button", "tool");
    const cross = make("span", "", "×");
    cross.setAttribute("aria-hidden", "true");
    caption(remove, "costs.unpin", "data-say-label");
    remove.type = "button";
    remove.append(cross);
    remove.addEventListener("click", () => this.#drop(pinned));
    pinned.group.title.after(remove);
    this.#pinned.push(pinned);
    if (this.#pinned.length > most) this.#drop(this.#pinned[0]);
    this.show();
  }

  /** @param {{run: Run, group: Group}} pinned */
  #drop(pinned) {
    pinned.group.body.remove();
    this.#pinned = this.#pinned.filter((other) => other !== pinned);
    this.show();
  }

  #head() {
    const row = make("tr");
    const name = make("th");
    name.scope = "col";
    caption(name, "costs.lane");
    row.append(name);
    for (const { id, label, help } of columns) {
      const button = make("button");
      const cell = make("th", "number", button);
      cell.scope = "col";
      cell.dataset.key = id;
      button.type = "button";
      caption(button, label);
      caption(button, help, "data-say-title");
      button.addEventListener("click", () => this.#sort(id));
      this.#heads.push(cell);
      row.append(cell);
    }
    return make("thead", "", row);
  }

  /** Up, down, and as the lanes are. @param {string} id */
  #sort(id) {
    if (this.#order?.id !== id) this.#order = { id, sign: 1 };
    else this.#order = this.#order.sign > 0 ? { id, sign: -1 } : null;
    this.show();
  }

  /** @returns {Group} */
  #group() {
    const title = make("span");
    const cell = make("th", "", title);
    cell.colSpan = columns.length + 1;
    cell.scope = "rowgroup";
    const head = make("tr", "costs-run", cell);
    const body = make("tbody", "", head);
    this.#table.append(body);
    return { body, head, title, rows: new Map() };
  }

  /** @param {Group} group @param {Run} run @param {string} title */
  #fill(group, { lines }, title) {
    write(group.title, title);
    const ordered = this.#order ? lines.toSorted(by(this.#order)) : lines;
    const widest = Math.max(...lines.map(({ values }) => values.total).filter(Number.isFinite));
    const { usual, why } = compare(ordered);
    const marks = columns.map((column) => winners(column, ordered.map(({ values }, i) => (why[i] ? NaN : values[column.id]))));
    /** @type {Element | null} */
    let before = group.head;
    ordered.forEach((line, at) => {
      const { row, name, apart, glyph, cells, texts } = this.#row(group, line);
      write(name, named(line));
      attribute(row, "data-technique", line.technique);
      reveal(apart, why[at] !== "");
      write(apart, why[at] && say(`costs.apart_${why[at]}`, { seconds: count(line.seconds), others: count(usual) }));
      attribute(glyph, "href", `#glyph-${line.technique}`);
      columns.forEach((column, i) => {
        const value = line.values[column.id];
        write(texts[i], column.write(value, line.values));
        attribute(cells[i], "data-value", String(value));
        attribute(cells[i], "data-best", String(marks[i][at]));
        const star = cells[i].firstElementChild;
        if (star instanceof HTMLElement) {
          reveal(star, marks[i][at]);
          if (marks[i][at]) attribute(star, "aria-label", say("costs.best"));
        }
        if (column.id === "total") for (const part of parts) property(cells[i], part, widest > 0 ? (100 * line.values[part]) / widest || 0 : 0);
      });
      if (before?.nextElementSibling !== row) before?.after(row);
      before = row;
    });
    for (const [key, { row }] of group.rows) {
      if (lines.some((line) => line.key === key)) continue;
      row.remove();
      group.rows.delete(key);
    }
  }

  /** @param {Group} group @param {Line} line */
  #row(group, { key, technique }) {
    let found = group.rows.get(key);
    if (!found) {
      const name = make("span");
      const drawing = symbol(`glyph-${technique}`);
      const glyph = /** @type {Element} */ (drawing.firstElementChild);
      const apart = make("small", "costs-apart");
      const head = make("th", "", make("span", "badge", drawing, name), apart);
      head.scope = "row";
      const texts = columns.map(() => make("span", "", "—"));
      const cells = columns.map(({ id }, i) => {
        const star = make("span", "costs-best", "★");
        star.setAttribute("role", "img");
        star.hidden = true;
        const cell = make("td", "number", star, texts[i]);
        cell.dataset.key = id;
        return cell;
      });
      const row = make("tr", "", head, ...cells);
      row.dataset.lane = key;
      found = { row, name, apart, glyph, cells, texts };
      group.rows.set(key, found);
    }
    return found;
  }
}

/** What is not known is last, whichever way. @param {{id: string, sign: 1 | -1}} order */
function by({ id, sign }) {
  return (/** @type {Line} */ a, /** @type {Line} */ b) => {
    const [x, y] = [a.values[id], b.values[id]];
    return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : 1) : Number.isNaN(y) ? -1 : sign * (x - y);
  };
}
