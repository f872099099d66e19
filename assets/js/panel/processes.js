// @ts-check
// The table of processes: those at the top, which come with each message, or all of them, which the server is asked for;
// sorted by a column, or as a tree; filtered by a word.

import { Refused } from "../api.js";
import { clock } from "../format.js";
import { branches, downwards, filter, group, order, treeOrders } from "../processlist.js";
import { measure } from "../measures.js";
import { recall, remember } from "../remember.js";
import { Repeat } from "../repeat.js";
import { caption, say } from "../words/words.js";
import { closing } from "./chartmenu.js";
import { attribute, field, make, one, reveal, write } from "./dom.js";
import { keys, ProcessRows } from "./processrows.js";
import { whenSeen } from "./seen.js";

/** @typedef {import("../processlist.js").Process} Process */
/** @typedef {import("../processlist.js").Column} Column */

/** Milliseconds between two questions for all processes. */
const pause = 2000;
/** Rows of the table, and those that each wish for more adds: all at once would be slow to lay out. */
const most = 300;

export class Processes {
  #table = one("#processes");
  #note = field("processes-note");
  #empty = field("processes-empty");
  #filter = /** @type {HTMLInputElement} */ (one("#processes-filter"));
  #all = one("#processes-all");
  #more = one("#processes-more");
  #tree = /** @type {HTMLInputElement} */ (one("#processes-tree"));
  #rows;
  #api;
  #asking = new Repeat(pause, (signal) => this.#ask(signal));
  #sighted = false;
  #most = most;
  /** @type {Column} */
  #column = "cpu";
  #sign = -1;
  /** @type {{total: number, zombies?: number, top: Process[]} | null} */
  #latest = null;
  /** all of them, or nothing yet @type {{total: number, list: Process[], tree: boolean} | null} */
  #whole = null;
  #problem = "";
  /** those of a moment that has passed @type {{at: number, list: Process[], failure: string} | null} */
  #then = null;

  #changed;
  /** @type {Map<string, boolean>} */
  #shownColumns = new Map();

  /**
   * @param {import("../api.js").API} api
   * @param {() => void} changed the reader wants another order, filter or extent
   * @param {(p: Process) => void} follow the reader wants to follow this one
   */
  constructor(api, changed, follow) {
    this.#api = api;
    this.#changed = changed;
    this.#rows = new ProcessRows(api, () => this.#update(), follow);
    this.#choices();
    const [column, sign] = (recall("processes") ?? "").split(" ");
    if (this.#table.querySelector(`thead [data-key="${CSS.escape(column)}"]`)) {
      this.#column = /** @type {Column} */ (column);
      this.#sign = Number(sign) || -1;
    }
    one("thead", this.#table).addEventListener("click", (event) => {
      const head = /** @type {Element} */ (event.target).closest("th");
      if (head) this.#sort(/** @type {Column} */ (head.dataset.key));
    });
    this.#filter.addEventListener("input", () => {
      this.#update();
      changed();
    });
    this.#all.addEventListener("click", () => this.#choose(!this.#wanted));
    this.#more.addEventListener("click", () => {
      this.#most += most;
      this.#update();
    });
    this.#tree.addEventListener("change", () => {
      changed();
      this.#heads();
      this.#asking.anew();
    });
    document.addEventListener("visibilitychange", () => this.#want());
    new IntersectionObserver((entries) => {
      this.#sighted = entries[entries.length - 1].isIntersecting;
      this.#want();
    }).observe(this.#table);
    this.#heads();
    this.#headCPU();
  }

  /** @param {any} s snapshot */
  show(s) {
    if (!s.processes) return;
    this.#latest = s.processes;
    if (!this.#whole) this.#update();
  }

  /**
   * Those of a moment that has passed, instead of those of now.
   * @param {{at: number, list: Process[], failure: string} | null} then failure: why there are none, in words; null: those of now again
   */
  then(then) {
    this.#then = then;
    this.#want();
    this.#heads();
    this.#update();
  }

  /** In the words of another language, or in another measure. */
  reword() {
    this.#headCPU();
    this.#update();
  }

  /** The menu of columns: each shown always, never, or where there is room. */
  #choices() {
    const menu = /** @type {HTMLDetailsElement} */ (one("#columns-menu"));
    const body = one(".menu-body", menu);
    const boxes = keys.filter((key) => key !== "name").map((key) => {
      const box = make("input");
      const label = make("label", "check", box, make("span"));
      box.type = "checkbox";
      box.value = key;
      box.dataset.testid = `column-${key}`;
      caption(one("span", label), /** @type {string} */ (one(`thead [data-key="${key}"] button`, this.#table).getAttribute("data-say")));
      box.addEventListener("change", () => {
        this.#shownColumns.set(key, box.checked);
        remember("columns", this.columns);
        this.#wear();
        this.#changed();
      });
      body.append(label);
      return box;
    });
    const usual = make("button", "toggle");
    usual.type = "button";
    caption(usual, "tables.columns_usual");
    usual.addEventListener("click", () => {
      this.showColumns("-");
      remember("columns", "-");
      this.#changed();
      menu.open = false;
    });
    body.append(usual);
    menu.addEventListener("toggle", () => {
      for (const box of boxes) box.checked = one(`thead [data-key="${box.value}"]`, this.#table).checkVisibility();
    });
    closing(menu);
    this.showColumns(recall("columns") ?? "-");
  }

  /** Those that the reader has chosen: "user,-threads", "-" where none. */
  get columns() {
    return [...this.#shownColumns].map(([key, shown]) => (shown ? key : `-${key}`)).join() || "-";
  }

  /** @param {string} text @returns {boolean} whether there are such columns */
  showColumns(text) {
    const list = text === "-" ? [] : text.split(",");
    if (!list.every((one) => keys.includes(one.replace(/^-/, "")))) return false;
    this.#shownColumns = new Map(list.map((one) => [one.replace(/^-/, ""), !one.startsWith("-")]));
    this.#wear();
    return true;
  }

  #wear() {
    for (const key of keys) {
      const head = one(`thead [data-key="${key}"]`, this.#table);
      head.hidden = this.#shownColumns.get(key) === false;
      head.classList.toggle("always", this.#shownColumns.get(key) === true);
    }
    this.#rows.choose(this.#shownColumns);
  }

  /** The column that orders, with a minus before it when the greatest is first. */
  get order() {
    return `${this.#sign < 0 ? "-" : ""}${this.#column}`;
  }

  /** @param {string} order @returns {boolean} whether there is such a column */
  orderBy(order) {
    const column = order.replace(/^-/, "");
    if (!this.#table.querySelector(`thead [data-key="${CSS.escape(column)}"]`)) return false;
    this.#column = /** @type {Column} */ (column);
    this.#sign = order.startsWith("-") ? -1 : 1;
    this.#heads();
    this.#update();
    return true;
  }

  get filter() {
    return this.#filter.value;
  }

  /** @param {string} words */
  filterBy(words) {
    this.#filter.value = words;
    this.#update();
    return true;
  }

  /** "top", "all" or "tree". */
  get extent() {
    return this.#treeWanted ? "tree" : this.#wanted ? "all" : "top";
  }

  /** @param {string} extent @returns {boolean} whether there is such a one */
  extend(extent) {
    if (!["top", "all", "tree"].includes(extent)) return false;
    this.#tree.checked = extent === "tree";
    this.#choose(extent !== "top");
    return true;
  }

  /** The head says what 100 % is. */
  #headCPU() {
    const total = measure("share") === "total";
    caption(one('thead [data-key="cpu"] button', this.#table), total ? "host.process_cpu_total" : "host.process_cpu");
    caption(one('thead [data-key="cpu"]', this.#table), total ? "host.process_cpu_total_title" : "host.process_cpu_title", "data-say-title");
  }

  /** What has ended and is not taken away by its parent, where there is any. */
  get #zombies() {
    const n = this.#latest?.zombies ?? 0;
    return n > 0 ? say("tables.zombies", { n }) : "";
  }

  /** Whether the reader wants all of them. */
  get #wanted() {
    return this.#all.getAttribute("aria-pressed") === "true";
  }

  get #treeWanted() {
    return this.#wanted && this.#tree.checked && !this.#then;
  }

  /** @param {boolean} all */
  #choose(all) {
    attribute(this.#all, "aria-pressed", String(all));
    reveal(/** @type {HTMLElement} */ (this.#tree.parentElement), all);
    this.#whole = null;
    this.#problem = "";
    this.#most = most;
    this.#heads();
    this.#want();
    this.#update();
    this.#changed();
  }

  /** Nobody looks: nobody asks. */
  #want() {
    this.#asking.want(this.#wanted && this.#sighted && !document.hidden && !this.#then);
  }

  /** @param {AbortSignal} signal */
  async #ask(signal) {
    const tree = this.#treeWanted;
    try {
      const { total, processes } = await this.#api.processes(tree, (tree && treeOrders[this.#column]) || "cpu", signal);
      if (signal.aborted) return;
      this.#whole = { total, list: processes, tree };
      this.#problem = "";
    } catch (error) {
      if (signal.aborted) return;
      this.#problem = error instanceof Refused ? error.message : String(error);
    }
    this.#update();
  }

  #update = whenSeen(this.#table, () => {
    const whole = this.#then ? { ...this.#then, total: this.#then.list.length, tree: false } : this.#whole;
    if (!whole && !this.#latest) return;
    const list = whole?.list ?? this.#latest?.top ?? [];
    const total = whole?.total ?? this.#latest?.total ?? list.length;
    const fits = filter(this.#filter.value);
    const found = whole?.tree ? branches(list, fits) : list.filter(fits).sort(order(this.#column, this.#sign));
    this.#table.classList.toggle("no-groups", !list.some(group));
    const shown = this.#rows.show(found, this.#most, !whole?.tree);
    write(this.#note, this.#words(shown, found.length, total) + (this.#then ? "" : this.#zombies) + (this.#rows.held && !whole?.tree ? say("tables.order_held") : ""));
    attribute(this.#note, "data-bad", String(this.#problem !== ""));
    caption(this.#empty, whole ? "tables.none_found" : "tables.none_at_top");
    reveal(this.#empty, shown === 0);
    reveal(this.#more, shown < found.length);
    write(this.#more, say("tables.show_more", { n: Math.min(most, found.length - shown) }));
  });

  /** @param {number} shown @param {number} found @param {number} total */
  #words(shown, found, total) {
    if (this.#then && Number.isNaN(this.#then.at)) return this.#then.failure || say("host.then_no_processes");
    if (this.#then) return say("tables.of_then", { time: clock(this.#then.at), n: found });
    if (this.#problem) return say("tables.all_failed", { why: this.#problem });
    if (!this.#whole) return say("tables.top_of", { shown, total });
    if (shown < found) return say("tables.shown_of", { shown, found });
    return found < total ? say("tables.of", { used: found, limit: total }) : say("tables.all_of_them", { total });
  }

  /** @param {Column} column */
  #sort(column) {
    if (this.#treeWanted && !treeOrders[column]) return;
    this.#sign = column === this.#column ? -this.#sign : downwards.includes(column) ? -1 : 1;
    this.#column = column;
    remember("processes", `${column} ${this.#sign}`);
    this.#changed();
    this.#heads();
    if (this.#treeWanted) this.#asking.anew();
    else this.#update();
  }

  /** Mark the column that orders. A tree is in the server's order, which has one direction for each of its columns. */
  #heads() {
    const tree = this.#treeWanted;
    const column = tree && !treeOrders[this.#column] ? "cpu" : this.#column;
    const down = tree ? downwards.includes(column) : this.#sign < 0;
    for (const head of this.#table.querySelectorAll("thead th")) {
      const key = /** @type {Column} */ (head.getAttribute("data-key"));
      /** @type {HTMLButtonElement} */ (one("button", head)).disabled = tree && !treeOrders[key];
      if (key !== column) head.removeAttribute("aria-sort");
      else attribute(head, "aria-sort", down ? "descending" : "ascending");
    }
  }
}
