// @ts-check
// The rows of the table of processes, kept by identity (pid and start), so nothing flickers; while the reader points at
// one, goes through them by keys or has one open, they keep their places. One at a time opens to its details.

import { bytes, count, percent, percentFigure, rate, unknown } from "../format.js";
import { divisor } from "../measures.js";
import { cores, group, traffic } from "../processlist.js";
import { say, term } from "../words/words.js";
import { ProcessDetail } from "./processdetail.js";
import { attribute, one, property, stamp, write } from "./dom.js";
import { Columns } from "./fits.js";

/** @typedef {import("../processlist.js").Process} Process */
/** @typedef {{row: HTMLElement, cells: HTMLElement[]}} Row */

/** Characters of a command line that fit on any screen, and those that its title may have. */
const wide = 240;
const whole = 2000;

/** The columns, in the order of their cells. */
export const keys = ["pid", "name", "command", "user", "service", "state", "cpu", "memory", "io", "threads", "parent"];

/** Those that cut what is too long for them. */
const cutting = ["name", "command", "user", "service", "state"];

export class ProcessRows {
  #body = one("#processes tbody");
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #detail;
  /** @type {Map<string, boolean>} */
  #columns = new Map();
  #room = new Columns(cutting.map((key) => one(`thead [data-key="${key}"]`, one("#processes"))), () => this.#cutting[0], () => this.#cutting.forEach(this.#fit));
  /** the row that is open */
  #open = "";
  /** the row that the Tab key comes to; arrows go on from there */
  #stop = "";
  #pointed = false;
  #keyed = false;
  #changed;

  /**
   * @param {import("../api.js").API} api
   * @param {() => void} changed the reader has come to a row, gone, opened or closed one
   * @param {(p: Process) => void} follow the reader wants to follow this one
   */
  constructor(api, changed, follow) {
    this.#detail = new ProcessDetail(one("#processes"), api, follow);
    this.#changed = changed;
    const body = this.#body;
    body.addEventListener("pointerenter", () => this.#hold(true, this.#keyed));
    body.addEventListener("pointerleave", () => this.#hold(false, this.#keyed));
    body.addEventListener("focusin", (event) => {
      const key = this.#of(event.target);
      if (key === "") return;
      this.#stop = key;
      this.#hold(this.#pointed, /** @type {Element} */ (event.target).matches(":focus-visible"));
    });
    body.addEventListener("focusout", () => this.#hold(this.#pointed, false));
    body.addEventListener("click", (event) => {
      const key = this.#of(event.target);
      if (key !== "" && (getSelection()?.isCollapsed ?? true)) this.#choose(key);
    });
    body.addEventListener("keydown", (event) => this.#press(event));
  }

  /**
   * Which columns there are, in whatever room.
   * @param {Map<string, boolean>} chosen by column; the others go when there is too little room
   */
  choose(chosen) {
    this.#columns = chosen;
    for (const { cells } of this.#rows.values()) this.#dress(cells);
  }

  /** @param {HTMLElement[]} cells */
  #dress(cells) {
    keys.forEach((key, i) => {
      const wanted = this.#columns.get(key);
      cells[i].hidden = wanted === false;
      cells[i].classList.toggle("always", wanted === true);
    });
  }

  get #cutting() {
    return [...this.#rows.values()].map(({ cells }) => cells.filter(cuts));
  }

  /** What surely fits into its column is not cut; in a tree names are indented. @param {HTMLElement[]} cells of one row, those that cut */
  #fit = (cells) => {
    cells.forEach((cell, i) => {
      const fits = this.#room.fits(i, cell.textContent ?? "") && !(Number(cell.style.getPropertyValue("--depth")) > 0);
      if (cell.classList.contains("fits") !== fits) cell.classList.toggle("fits", fits);
    });
  };

  /** Whether the order is to stay. */
  get held() {
    return this.#pointed || this.#keyed || this.#open !== "";
  }

  /** @param {boolean} pointed @param {boolean} keyed */
  #hold(pointed, keyed) {
    if (pointed === this.#pointed && keyed === this.#keyed) return;
    this.#pointed = pointed;
    this.#keyed = keyed;
    this.#changed();
  }

  /** @param {string} key of the row to open, or to close where it is open */
  #choose(key) {
    this.#open = key === this.#open ? "" : key;
    this.#changed();
  }

  /** Which process's row it is in, "" where in none. @param {EventTarget | null} target */
  #of(target) {
    const row = /** @type {Element} */ (target).closest("tr");
    for (const [key, found] of this.#rows) if (found.row === row) return key;
    return "";
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = this.#of(event.target);
    if (event.key === "Escape" && this.#open !== "") this.#choose(this.#open);
    else if (key === "") return;
    else if (event.key === "Enter" || event.key === " ") this.#choose(key);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#walk(key, event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
  }

  /** @param {string} key @param {1 | -1} by */
  #walk(key, by) {
    const rows = [...this.#body.children].filter((row) => row !== this.#detail.row);
    const row = this.#rows.get(key)?.row;
    const next = row && /** @type {HTMLElement | undefined} */ (rows[rows.indexOf(row) + by]);
    next?.focus();
  }

  /**
   * @param {Process[]} list in order
   * @param {number} most rows; the rest is left out
   * @param {boolean} holds whether the order may be held: a tree's may not, a row's place says whose it is
   * @returns {number} rows shown
   */
  show(list, most, holds) {
    const shown = holds ? this.#chosen(list, most) : list.slice(0, most);
    const seen = new Set();
    const focused = document.activeElement;
    for (const p of shown) {
      const key = identity(p);
      seen.add(key);
      const { cells } = this.#row(key);
      fill(cells, p);
      this.#fit(cells.filter(cuts));
      if (key === this.#open) this.#detail.show(p);
    }
    if (!seen.has(this.#open)) this.#open = "";
    if (!seen.has(this.#stop)) this.#stop = shown.length > 0 ? identity(shown[0]) : "";
    for (const [key, { row }] of this.#rows) {
      if (seen.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    let place = this.#body.firstElementChild;
    const put = (/** @type {HTMLElement} */ row) => {
      if (row === place?.nextElementSibling) {
        // What stood here has fallen behind: it is set down at the end and put in its place later, instead of all others before it.
        const fallen = place;
        place = row;
        this.#body.append(fallen);
      }
      if (row === place) place = place.nextElementSibling;
      else this.#body.insertBefore(row, place);
    };
    if (this.#open === "") {
      if (place === this.#detail.row) place = place.nextElementSibling;
      this.#detail.row.remove();
      this.#detail.close();
    }
    for (const key of seen) {
      const { row } = this.#row(key);
      put(row);
      attribute(row, "tabindex", key === this.#stop ? "0" : "-1");
      attribute(row, "aria-expanded", String(key === this.#open));
      if (key === this.#open) put(this.#detail.row);
    }
    // What is moved loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#body.contains(focused)) focused.focus({ preventScroll: true });
    return seen.size;
  }

  /** While the order is held, those that are here come first, as they stand. @param {Process[]} list @param {number} most */
  #chosen(list, most) {
    if (!this.held || this.#rows.size === 0) return list.slice(0, most);
    const places = new Map([...this.#body.children].map((row, i) => [row, i]));
    const place = (/** @type {Process} */ p) => places.get(this.#rows.get(identity(p))?.row ?? this.#body) ?? Infinity;
    const [here, others] = [list.filter((p) => place(p) < Infinity), list.filter((p) => place(p) === Infinity)];
    return [...here.sort((a, b) => place(a) - place(b)), ...others].slice(0, most);
  }

  /** @param {string} key @returns {Row} */
  #row(key) {
    let found = this.#rows.get(key);
    if (!found) {
      const row = stamp("process-row");
      found = { row, cells: /** @type {HTMLElement[]} */ ([...row.children]) };
      this.#rows.set(key, found);
      this.#dress(found.cells);
    }
    return found;
  }
}

/** @param {HTMLElement} _ @param {number} column */
function cuts(_, column) {
  return cutting.includes(keys[column]);
}

/** @param {Process} p */
function identity(p) {
  return `${p.pid} ${p.started}`;
}

/** @param {HTMLElement[]} cells @param {Process} p */
function fill(cells, p) {
  const [pid, name, command, user, service, state, cpu, memory, io, threads, parent] = cells;
  write(pid, String(p.pid));
  write(name, p.name);
  property(name, "depth", p.depth ?? 0);
  write(command, (p.command ?? "").slice(0, wide));
  attribute(command, "title", (p.command ?? "").slice(0, whole));
  write(user, p.user || unknown);
  write(service, group(p));
  attribute(service, "title", [p.container && say("tables.in_container", { name: p.container }), p.service].filter(Boolean).join(say("host.comma")));
  write(state, term("server.process", p.state));
  const used = cores(p);
  write(cpu, percentFigure(used == null ? used : used / divisor()));
  property(cpu, "ratio", Math.min(1, (used ?? 0) / divisor()));
  attribute(cpu, "title", p.children_cpu ? say("tables.cpu_with_children", { own: percent(p.cpu), children: percent(p.children_cpu) }) : "");
  write(memory, bytes(p.memory));
  write(io, rate(traffic(p)));
  attribute(io, "title", p.past ? "" : say("tables.read_write", { read: rate(p.read_rate), write: rate(p.write_rate) }));
  write(threads, count(p.threads));
  write(parent, String(p.parent ?? unknown));
}
