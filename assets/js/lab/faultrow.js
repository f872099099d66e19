// @ts-check
// How one lane comes through what was broken: a row of the faults panel's table.

import { bytes, count, delay } from "../format.js";
import { attribute, make, redraw, symbol, write } from "../panel/dom.js";
import { say } from "../words/words.js";
import { named } from "./kinds.js";

/** @typedef {import("./lane.js").Lane} Lane */
/** @typedef {{connections: number, down: number, up: number}} Inside */

/** The columns, in the order they stand. */
export const columns = ["state", "recover", "missed", "late", "twice", "reconnects", "loop", "inside", "unsent", "conflate"];

export class FaultRow {
  element = make("tr");
  lane;
  #name = make("span");
  #glyph;
  #box = make("input");
  /** @type {Map<string, HTMLElement>} */
  #cells = new Map();

  /** @param {Lane} lane @param {(only: boolean) => void} conflate */
  constructor(lane, conflate) {
    this.lane = lane;
    this.#glyph = symbol(`glyph-${lane.technique}`);
    const name = make("th", "", make("span", "badge", this.#glyph, this.#name));
    attribute(name, "scope", "row");
    this.element.append(name);
    this.element.dataset.testid = `fault-lane-${lane.key}`;
    for (const column of columns) {
      const cell = make("td", "number");
      cell.dataset.testid = `fault-lane-${lane.key}-${column}`;
      this.#cells.set(column, cell);
      this.element.append(cell);
    }
    this.#box.type = "checkbox";
    this.#box.addEventListener("change", () => conflate(this.#box.checked));
    this.#cells.get("conflate")?.append(this.#box);
  }

  /**
   * @param {number} now
   * @param {import("./recovery.js").Recovery | undefined} recovery
   * @param {number} loop milliseconds
   * @param {Inside | undefined} inside the middlebox
   */
  show(now, recovery, loop, inside) {
    const { lane } = this;
    const trouble = recovery?.state === "trouble";
    const took = recovery ? (trouble ? now - recovery.since : recovery.longest) : NaN;
    const cost = recovery?.cost(lane.counts);
    const name = named(lane);
    write(this.#name, name);
    redraw(this.#glyph, `glyph-${lane.technique}`); // one that climbs changes over
    attribute(this.element, "data-technique", lane.technique);
    attribute(this.#box, "aria-label", say("faults.conflate", { name }));
    if (this.#box.checked !== lane.viewer.conflate) this.#box.checked = lane.viewer.conflate;
    attribute(this.element, "data-state", recovery?.state ?? "");
    attribute(this.element, "data-took", String(Math.round(took))); // for tests
    this.#write("state", recovery ? verdict(recovery) : "—", trouble || recovery?.state === "broken");
    this.#write("recover", Number.isNaN(took) ? "—" : trouble ? say("faults.so_far", { time: delay(took / 1000) }) : delay(took / 1000));
    this.#write("missed", count(cost?.missed), Number(cost?.missed) > 0);
    this.#write("late", count(recovery?.late));
    this.#write("twice", count(cost?.duplicates), Number(cost?.duplicates) > 0);
    this.#write("reconnects", count(cost?.reconnects));
    this.#write("loop", Number.isNaN(loop) ? "—" : delay(loop / 1000));
    this.#write("inside", inside && inside.connections > 0 ? bytes(inside.down) : "—");
    this.#write("unsent", unsent(lane));
  }

  /** @param {string} column @param {string} text @param {boolean} [bad] */
  #write(column, text, bad = false) {
    const cell = this.#cells.get(column);
    if (!cell) return;
    write(cell, text);
    attribute(cell, "data-bad", String(bad));
  }
}

/** How it came through, in words. @param {import("./recovery.js").Recovery} recovery */
export function verdict({ state, own, breaks, back, lateBy }) {
  const cut = breaks > 0 && (state === "cut" || state === "recovered");
  const time = delay((cut ? back : lateBy) / 1000);
  const text = cut ? say(breaks > 1 ? "faults.state_cuts" : "faults.state_cut", { n: breaks, time }) : say(`faults.state_${state}`, { time });
  return own ? text : say("faults.elsewhere", { text });
}

/** What the kernel has not sent yet, by the meter's last answer. @param {Lane} lane */
function unsent(lane) {
  const bytesLeft = lane.answer?.transports?.[lane.technique]?.unsent;
  return bytesLeft === undefined ? "—" : bytes(bytesLeft);
}
