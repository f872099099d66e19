// @ts-check
// What is broken now: whom it concerns, how, for how much longer, and a way to mend it.

import { bytes, duration } from "../format.js";
import { make, reveal, write } from "../panel/dom.js";
import { called } from "../panel/switch.js";
import { say } from "../words/words.js";
import { named } from "./kinds.js";

/** @typedef {{viewer?: string, technique?: import("../transport/transport.js").Technique}} Scope */
/** @typedef {Scope & {fault: import("./presets.js").Fault, names: string[], since: number, until: number}} Entry */

export class InForce {
  element = make("ul", "faults-list");
  /** whether there is a way to mend it */
  mends = true;
  #lab;
  #mend;
  /** @type {Map<string, Item>} by scope */
  #items = new Map();

  /** @param {import("./lab.js").Lab} lab @param {(scope: Scope) => void} mend */
  constructor(lab, mend) {
    this.#lab = lab;
    this.#mend = mend;
    this.element.dataset.testid = "faults-list";
  }

  /** @param {Entry[]} entries */
  show(entries) {
    const now = this.#lab.clock.server(performance.now());
    const key = (/** @type {Entry} */ { viewer, technique }) => `${viewer ?? ""} ${technique ?? ""}`;
    const keys = new Set(entries.map(key));
    for (const [old, item] of this.#items) {
      if (keys.has(old)) continue;
      item.element.remove();
      this.#items.delete(old);
    }
    for (const entry of entries) {
      let item = this.#items.get(key(entry));
      if (!item) {
        item = new Item(() => this.#mend({ viewer: entry.viewer, technique: entry.technique }), entry.viewer?.startsWith("#") ?? false);
        this.#items.set(key(entry), item);
        this.element.append(item.element);
      }
      item.show(this.#whom(entry), entry, now, this.mends);
    }
    reveal(this.element, entries.length > 0);
  }

  /** @param {Entry} entry */
  #whom({ viewer, technique }) {
    const lane = this.#lab.lanes.find((lane) => lane.viewer.id === viewer);
    if (lane) return named(lane);
    if (viewer) return say("faults.other", { viewer });
    return technique ? called(technique) : say("faults.everybody");
  }
}

class Item {
  element;
  #whom = make("b");
  #what = make("span");
  #left = make("span", "faults-left");
  #mend = make("button", "toggle");

  /** @param {() => void} mend @param {boolean} foreign somebody else's, whose id is not ours to know */
  constructor(mend, foreign) {
    this.element = make("li", "", this.#whom, this.#what, this.#left);
    this.#mend.type = "button";
    this.#mend.addEventListener("click", mend);
    if (!foreign) this.element.append(this.#mend);
  }

  /** @param {string} whom @param {Entry} entry @param {number} now Unix milliseconds on the server's clock; NaN when not known @param {boolean} mends */
  show(whom, { fault, until }, now, mends) {
    write(this.#whom, whom);
    write(this.#what, Object.entries(fault).map(([name, value]) => say("faults.said", { name: say(`faults.name_${name}`), value: valued(name, value) })).join(" · "));
    write(this.#left, Number.isNaN(now) ? "" : say("faults.left", { time: duration(Math.max(0, until - now) / 1000) }));
    write(this.#mend, say("faults.mend"));
    reveal(this.#mend, mends);
  }
}

/**
 * A fault's value as people write it.
 * @param {string} name
 * @param {unknown} value
 */
export function valued(name, value) {
  if (typeof value === "boolean") return say(value ? "faults.yes" : "faults.no");
  if (typeof value === "number") return name === "throttle" ? `${bytes(value)}/s` : bytes(value);
  return String(value);
}
