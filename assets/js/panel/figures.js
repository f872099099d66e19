// @ts-check
// A list of names and figures, some with a gauge, made from entries. What is not known on this host is left out; of a
// moment that has passed, what is here and not in history is unknown. To add a figure, add an entry.

import { unknown } from "../format.js";
import { caption } from "../words/words.js";
import { attribute, property, reveal, write } from "./dom.js";

/**
 * @template T
 * @typedef {object} Entry
 * @property {string} label the key of its words
 * @property {(of: T) => string | null} read null: there is no such thing here
 * @property {(of: T) => string} [title]
 * @property {(of: T) => number | null | undefined} [ratio] for a gauge; without a number there is none
 * @property {(of: T) => "" | "warn" | "alarm"} [level]
 * @property {boolean} [wide] it may need all of the room beside it
 * @property {boolean} [broad] it needs the room of two
 */

/** @template T */
export class Figures {
  list = document.createElement("dl");
  #lines;

  /** @param {Entry<T>[]} entries */
  constructor(entries) {
    this.list.className = "figures";
    this.#lines = entries.map((entry) => {
      const line = document.createElement("div");
      const name = document.createElement("dt");
      const value = document.createElement("dd");
      const text = document.createElement("span");
      const gauge = document.createElement("span");
      const fill = document.createElement("span");
      line.hidden = true;
      line.classList.toggle("wide", entry.wide ?? false);
      line.classList.toggle("broad", entry.broad ?? false);
      caption(name, entry.label);
      text.className = "figure-text";
      gauge.className = "gauge";
      gauge.hidden = true;
      fill.className = "gauge-fill";
      gauge.append(fill);
      value.append(text, gauge);
      line.append(name, value);
      this.list.append(line);
      return { entry, line, text, gauge };
    });
  }

  /** @param {T} of */
  show(of) {
    const { past } = /** @type {{past?: boolean}} */ (of);
    for (const { entry, line, text, gauge } of this.#lines) {
      const said = entry.read(of) ?? (past && !line.hidden ? unknown : null);
      reveal(line, said !== null);
      if (said === null) continue;
      write(text, said);
      if (entry.level) attribute(line, "data-level", entry.level(of));
      if (entry.title) attribute(line, "title", entry.title(of));
      const ratio = entry.ratio?.(of);
      reveal(gauge, ratio != null);
      if (ratio != null) property(gauge, "ratio", Math.min(1, ratio));
    }
  }
}
