// @ts-check
// The rows of the table of processes, kept by identity (pid and start), so nothing flickers; while the reader points at
// one, they keep their places.

import { bytes, count, percentFigure, rate, unknown } from "../format.js";
import { group, traffic } from "../processlist.js";
import { attribute, one, property, stamp, write } from "./dom.js";

/** @typedef {import("../processlist.js").Process} Process */
/** @typedef {{row: HTMLElement, cells: HTMLElement[]}} Row */

/** Characters of a command line that fit on any screen, and those that its title may have. */
const wide = 240;
const whole = 2000;

export class ProcessRows {
  #body = one("#processes tbody");
  /** @type {Map<string, Row>} */
  #rows = new Map();
  held = false;

  /** @param {() => void} changed the reader has come to a row, or gone */
  constructor(changed) {
    const hold = (/** @type {boolean} */ held) => {
      this.held = held;
      changed();
    };
    this.#body.addEventListener("pointerenter", () => hold(true));
    this.#body.addEventListener("pointerleave", () => hold(false));
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
    for (const p of shown) {
      const key = identity(p);
      seen.add(key);
      fill(this.#row(key).cells, p);
    }
    for (const [key, { row }] of this.#rows) {
      if (seen.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    let place = this.#body.firstElementChild;
    for (const key of seen) {
      const { row } = this.#row(key);
      if (row === place) place = place.nextElementSibling;
      else this.#body.insertBefore(row, place);
    }
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
    }
    return found;
  }
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
  attribute(service, "title", [p.container && `container ${p.container}`, p.service].filter(Boolean).join(", "));
  write(state, p.state);
  write(cpu, percentFigure(p.cpu));
  property(cpu, "ratio", Math.min(1, p.cpu ?? 0));
  write(memory, bytes(p.memory));
  write(io, rate(traffic(p)));
  attribute(io, "title", `read ${rate(p.read_rate)}, write ${rate(p.write_rate)}`);
  write(threads, count(p.threads));
  write(parent, String(p.parent ?? unknown));
}
