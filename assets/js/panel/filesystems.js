// @ts-check
// The table of mounted filesystems, in the server's order. Rows are kept, only what changed is written.

import { bytes, percent, unknown } from "../format.js";
import { attribute, field, one, property, stamp, write } from "./dom.js";
import { fullness } from "./level.js";
import { whenSeen } from "./seen.js";

/** @typedef {{row: HTMLElement, cells: HTMLElement[]}} Row */

export class Filesystems {
  #body = one("#filesystems tbody");
  #empty = field("filesystems-empty");
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #snapshot = /** @type {any} */ (null);

  /** @param {any} s snapshot */
  show(s) {
    if (!s.filesystems) return;
    this.#snapshot = s;
    this.#update();
  }

  #update = whenSeen(one("#filesystems"), () => {
    const s = this.#snapshot;
    if (!s) return;
    const seen = new Set();
    let place = this.#body.firstElementChild;
    for (const f of s.filesystems) {
      const key = `${f.mount}\n${f.device}`;
      seen.add(key);
      const { row, cells } = this.#row(key);
      if (row === place) place = place.nextElementSibling;
      else this.#body.insertBefore(row, place);
      const { level, word } = fullness(f.used_ratio);
      write(cells[0], f.mount);
      write(cells[1], f.device);
      write(cells[2], f.read_only ? `${f.type} ro` : f.type);
      property(one(".gauge", cells[3]), "ratio", f.used_ratio ?? 0);
      write(one(".gauge-word", cells[3]), percent(f.used_ratio));
      write(cells[4], bytes(f.used));
      write(cells[5], bytes(f.available));
      write(cells[6], f.inodes_total > 0 ? percent(f.inodes_used / f.inodes_total) : unknown);
      attribute(row, "data-level", level);
      attribute(row, "title", [word, `${f.mount} on ${f.device}, ${f.type}${f.read_only ? ", read-only" : ""}, ${bytes(f.total)}`].filter(Boolean).join(": "));
    }
    for (const [key, { row }] of this.#rows) {
      if (seen.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    write(this.#empty, "No filesystems.");
    this.#empty.hidden = seen.size > 0;
  });

  /** @param {string} key @returns {Row} */
  #row(key) {
    let found = this.#rows.get(key);
    if (!found) {
      const row = stamp("filesystem-row");
      found = { row, cells: /** @type {HTMLElement[]} */ ([...row.children]) };
      this.#rows.set(key, found);
    }
    return found;
  }
}
