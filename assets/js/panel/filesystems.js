// @ts-check
// The table of mounted filesystems, in the server's order, and below it how many mounts are not in it, and why.

import { bytes, count, percent, unknown } from "../format.js";
import { field, one, reveal, write } from "./dom.js";
import { fullness } from "./level.js";
import { Table } from "./table.js";

export class Filesystems {
  #hidden = field("hidden-mounts");
  /** @type {Table<any>} */
  #table = new Table(one("#filesystems"), {
    key: (f) => `${f.mount}\n${f.device}`,
    dim: (f) => f.stale === true,
    columns: [
      { id: "mount", label: "mount", read: (f) => f.mount, mark: (f) => marks(f).join(" · "), title: (f) => [`${f.mount} on ${f.device}`, f.type, ...marks(f), bytes(f.total)].join(", ") },
      { id: "device", label: "device", room: "wider-only", read: (f) => f.device },
      { id: "type", label: "type", room: "wide-only", read: (f) => f.type },
      { id: "use", label: "in use", kind: "gauge", read: (f) => (silent(f) ? unknown : percent(f.used_ratio)), ratio: (f) => f.used_ratio, level: (f) => full(f).level, title: (f) => full(f).word },
      { id: "used", label: "used", kind: "number", read: (f) => size(f, f.used) },
      { id: "free", label: "free", kind: "number", read: (f) => size(f, f.available) },
      { id: "inodes", label: "inodes", kind: "number", room: "wide-only", read: (f) => (f.inodes_total > 0 ? percent(f.inodes_used / f.inodes_total) : unknown) },
    ],
  });

  /** @param {any} s snapshot */
  show(s) {
    this.#table.show(s.filesystems);
    /** @type {{reason: string, count: number}[]} */
    const hidden = s.hidden_mounts ?? [];
    reveal(this.#hidden, hidden.length > 0);
    const all = hidden.reduce((sum, { count }) => sum + count, 0);
    write(this.#hidden, `${count(all)} ${all === 1 ? "mount" : "mounts"} hidden: ${hidden.map((h) => `${h.count} × ${h.reason}`).join("; ")}`);
  }
}

/** What there is to know of a mount beside its numbers. @param {any} f */
function marks(f) {
  return [f.stale && "no answer", f.remote && "remote", f.in_memory && "in memory", f.read_only && "read-only"].filter(Boolean);
}

/** It has never answered: its numbers are none. @param {any} f */
function silent(f) {
  return f.stale && f.total === 0;
}

/** @param {any} f @param {number} v */
function size(f, v) {
  return silent(f) ? unknown : bytes(v);
}

/** What can only be read does not fill up. @param {any} f */
function full(f) {
  return fullness(f.read_only || f.stale ? null : f.used_ratio);
}
