// @ts-check
// All there is to know of one process, in a row of its own below the one in the table: nothing is cut, and what a narrow
// screen has no column for is here. The whole command line is asked for when the row opens: what comes with each message
// is short.

import { Refused } from "../api.js";
import { bytes, count, moment, percent, rate, unknown } from "../format.js";
import { caption, say, term } from "../words/words.js";
import { attribute, one, reveal, write } from "./dom.js";
import { Figures } from "./figures.js";

/** @typedef {import("../processlist.js").Process} Process */

/** @type {import("./figures.js").Entry<Process>[]} */
const entries = [
  { label: "tables.command", read: (p) => p.command || p.name },
  { label: "tables.cpu", read: (p) => percent(p.cpu), title: () => say("tables.cpu_title") },
  { label: "tables.cpu_children", read: (p) => (p.children_cpu ? percent(p.children_cpu) : null), title: () => say("tables.cpu_children_title") },
  { label: "tables.memory", read: (p) => bytes(p.memory) },
  { label: "tables.user", read: (p) => p.user || unknown },
  { label: "tables.state", read: (p) => (p.state ? term("server.process", p.state) : unknown) },
  { label: "tables.parent", read: (p) => String(p.parent ?? unknown) },
  { label: "tables.service", read: (p) => p.service || null },
  { label: "tables.container", read: (p) => p.container || null },
  { label: "tables.threads", read: (p) => count(p.threads) },
  { label: "tables.disk_read", read: (p) => rate(p.read_rate) },
  { label: "tables.disk_write", read: (p) => rate(p.write_rate) },
  { label: "tables.started", read: (p) => (p.started > 0 ? moment(p.started, Date.now()) : unknown) },
];

export class ProcessDetail {
  row = document.createElement("tr");
  #cell = this.row.insertCell();
  #figures = new Figures(entries);
  #note = document.createElement("p");
  #table;
  #api;
  /** @type {Process | undefined} */
  #shown;
  /** the process and the beginning of its command line, as they were when the rest was asked for */
  #of = "";
  #command = "";
  #asking = new AbortController();

  #follow = document.createElement("button");

  /**
   * @param {HTMLElement} table
   * @param {import("../api.js").API} api
   * @param {(p: Process) => void} follow the reader wants to follow this one
   */
  constructor(table, api, follow) {
    this.#table = table;
    this.#api = api;
    this.row.className = "detail";
    this.row.dataset.testid = "process-detail";
    this.#note.className = "panel-note";
    this.#note.dataset.testid = "process-detail-note";
    this.#follow.type = "button";
    this.#follow.className = "toggle";
    this.#follow.dataset.testid = "follow";
    caption(this.#follow, "tables.follow");
    this.#follow.addEventListener("click", (event) => {
      event.stopPropagation();
      if (this.#shown) follow(this.#shown);
    });
    this.#cell.append(this.#figures.list, this.#note, this.#follow);
  }

  /** @param {Process} p */
  show(p) {
    // As wide as the columns that there is room for: one more would make an empty one.
    const columns = [...one("thead", this.#table).querySelectorAll("th")].filter((head) => head.checkVisibility()).length;
    if (this.#cell.colSpan !== columns) this.#cell.colSpan = columns;
    this.#shown = p;
    reveal(this.#follow, !p.past);
    const of = `${p.pid} ${p.started} ${p.command}`;
    if (of !== this.#of) this.#ask(of, p);
    this.#draw();
  }

  /** It is not shown any more: nobody waits for an answer. */
  close() {
    this.#asking.abort();
    this.#shown = undefined;
    this.#of = "";
  }

  /** @param {string} of @param {Process} p */
  async #ask(of, p) {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.#of = of;
    this.#command = "";
    this.#tell("", false);
    if (p.past) return this.#tell(say("tables.past_command"), false);
    try {
      const whole = await this.#api.process(p.pid, signal);
      if (signal.aborted) return;
      if (whole?.started === p.started) this.#command = whole.command;
      else this.#tell(say("tables.has_ended"), false);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && error.status === 404) this.#tell(say("tables.has_ended"), false);
      else this.#tell(say("tables.command_failed", { why: error instanceof Refused ? error.message : String(error) }), true);
    }
    this.#draw();
  }

  #draw() {
    if (this.#shown) this.#figures.show(this.#command ? { ...this.#shown, command: this.#command } : this.#shown);
  }

  /** @param {string} words @param {boolean} bad */
  #tell(words, bad) {
    write(this.#note, words);
    attribute(this.#note, "data-bad", String(bad));
    reveal(this.#note, words !== "");
  }
}
