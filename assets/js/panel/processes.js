// @ts-check
// The table of processes at the top: sorted by a column, filtered by a word. Rows are kept by identity (pid and start),
// so nothing flickers; while the reader points at one, they keep their places.

import { bytes, count, percentFigure } from "../format.js";
import { recall, remember } from "../remember.js";
import { attribute, field, one, property, stamp, write } from "./dom.js";
import { whenSeen } from "./seen.js";

/** @typedef {{row: HTMLElement, cells: HTMLElement[], process: any}} Row */
/** @typedef {"pid" | "name" | "user" | "state" | "cpu" | "memory" | "threads"} Column */

/** Columns that start with the greatest. */
const downwards = ["cpu", "memory", "threads"];

export class Processes {
  #table = one("#processes");
  #body = one("#processes tbody");
  #note = field("processes-note");
  #empty = field("processes-empty");
  #filter = /** @type {HTMLInputElement} */ (one("#processes-filter"));
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Column} */
  #column = "cpu";
  #sign = -1;
  #held = false;
  #snapshot = /** @type {any} */ (null);

  constructor() {
    const [column, sign] = (recall("processes") ?? "").split(" ");
    if (this.#table.querySelector(`thead [data-key="${CSS.escape(column)}"]`)) {
      this.#column = /** @type {Column} */ (column);
      this.#sign = Number(sign) || -1;
    }
    one("thead", this.#table).addEventListener("click", (event) => {
      const head = /** @type {Element} */ (event.target).closest("th");
      if (head) this.#sort(/** @type {Column} */ (head.dataset.key));
    });
    this.#filter.addEventListener("input", () => this.#update());
    const hold = (/** @type {boolean} */ held) => {
      this.#held = held;
      this.#update();
    };
    this.#body.addEventListener("pointerenter", () => hold(true));
    this.#body.addEventListener("pointerleave", () => hold(false));
    this.#heads();
  }

  /** @param {any} s snapshot */
  show(s) {
    if (!s.processes) return;
    this.#snapshot = s;
    this.#update();
  }

  #update = whenSeen(this.#table, () => {
    const s = this.#snapshot;
    if (!s) return;
    const seen = new Set();
    for (const p of s.processes.top) {
      const key = `${p.pid} ${p.started}`;
      seen.add(key);
      const found = this.#row(key);
      found.process = p;
      const { cells } = found;
      write(cells[0], String(p.pid));
      write(cells[1], p.name);
      write(cells[2], p.user);
      write(cells[3], p.state);
      write(cells[4], percentFigure(p.cpu));
      property(cells[4], "ratio", Math.min(1, p.cpu ?? 0));
      write(cells[5], bytes(p.memory));
      write(cells[6], count(p.threads));
    }
    for (const [key, { row }] of this.#rows) {
      if (seen.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    this.#place();
  });

  /** @param {Column} column */
  #sort(column) {
    this.#sign = column === this.#column ? -this.#sign : downwards.includes(column) ? -1 : 1;
    this.#column = column;
    remember("processes", `${column} ${this.#sign}`);
    this.#heads();
    this.#order();
  }

  #heads() {
    for (const head of this.#table.querySelectorAll("thead th")) {
      if (head.getAttribute("data-key") !== this.#column) head.removeAttribute("aria-sort");
      else attribute(head, "aria-sort", this.#sign < 0 ? "descending" : "ascending");
    }
  }

  /** Put rows in order, or leave them where they are while the reader is at one. */
  #place() {
    if (!this.#held) this.#order();
    else for (const { row } of this.#rows.values()) if (!row.parentNode) this.#body.append(row);
    const words = this.#filter.value.trim().toLowerCase();
    let shown = 0;
    for (const { row, process: p } of this.#rows.values()) {
      const fits = words === "" || p.name.toLowerCase().includes(words) || p.user.toLowerCase().includes(words) || String(p.pid) === words;
      if (row.hidden === fits) row.hidden = !fits;
      if (fits) shown++;
    }
    const { total } = this.#snapshot.processes;
    write(this.#note, `${count(shown)} of ${count(total)}: the top by CPU and memory${this.#held ? "; order held" : ""}`);
    write(this.#empty, "No such process among the top.");
    this.#empty.hidden = shown > 0;
  }

  #order() {
    const rows = [...this.#rows.values()].sort((a, b) => this.#compare(a.process, b.process));
    let place = this.#body.firstElementChild;
    for (const { row } of rows) {
      if (row === place) place = place.nextElementSibling;
      else this.#body.insertBefore(row, place);
    }
  }

  /** As shown, so that digits nobody sees do not shuffle rows; then by what stays. @param {any} a @param {any} b */
  #compare(a, b) {
    const [x, y] = [this.#value(a), this.#value(b)];
    const first = typeof x === "string" ? x.localeCompare(String(y), "en") : x - Number(y);
    return this.#sign * first || b.memory - a.memory || a.pid - b.pid;
  }

  /** @param {any} p @returns {string | number} */
  #value(p) {
    if (this.#column === "cpu") return Math.round((p.cpu ?? -1) * 1000);
    return p[this.#column] ?? "";
  }

  /** @param {string} key @returns {Row} */
  #row(key) {
    let found = this.#rows.get(key);
    if (!found) {
      const row = stamp("process-row");
      found = { row, cells: /** @type {HTMLElement[]} */ ([...row.children]), process: null };
      this.#rows.set(key, found);
    }
    return found;
  }
}
