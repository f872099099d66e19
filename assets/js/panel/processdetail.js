// @ts-check
// All there is to know of one process, in a row of its own below the one in the table: nothing is cut, and what a narrow
// screen has no column for is here.

import { bytes, count, moment, percent, rate, unknown } from "../format.js";
import { one } from "./dom.js";
import { Figures } from "./figures.js";

/** @typedef {import("../processlist.js").Process} Process */

/** @type {import("./figures.js").Entry<Process>[]} */
const entries = [
  { label: "command", read: (p) => p.command || p.name },
  { label: "CPU", read: (p) => percent(p.cpu), title: () => "100 % is one core" },
  { label: "memory", read: (p) => bytes(p.memory) },
  { label: "user", read: (p) => p.user || unknown },
  { label: "state", read: (p) => p.state || unknown },
  { label: "parent", read: (p) => String(p.parent ?? unknown) },
  { label: "service", read: (p) => p.service || null },
  { label: "container", read: (p) => p.container || null },
  { label: "threads", read: (p) => count(p.threads) },
  { label: "disk read", read: (p) => rate(p.read_rate) },
  { label: "disk write", read: (p) => rate(p.write_rate) },
  { label: "started", read: (p) => (p.started > 0 ? moment(p.started, Date.now()) : unknown) },
];

export class ProcessDetail {
  row = document.createElement("tr");
  #cell = this.row.insertCell();
  #figures = new Figures(entries);
  #table;

  /** @param {HTMLElement} table */
  constructor(table) {
    this.#table = table;
    this.row.className = "detail";
    this.row.dataset.testid = "process-detail";
    this.#cell.append(this.#figures.list);
  }

  /** @param {Process} p */
  show(p) {
    // As wide as the columns that there is room for: one more would make an empty one.
    const columns = [...one("thead", this.#table).querySelectorAll("th")].filter((head) => head.checkVisibility()).length;
    if (this.#cell.colSpan !== columns) this.#cell.colSpan = columns;
    this.#figures.show(p);
  }
}
