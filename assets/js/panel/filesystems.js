// @ts-check
// The table of mounted filesystems, in the server's order, and below it how many mounts are not in it, and why.

import { bytes, percent, unknown } from "../format.js";
import { say, term } from "../words/words.js";
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
      { id: "mount", label: "tables.mount", read: (f) => f.mount, mark: (f) => marks(f).join(" · "), title: (f) => [say("tables.mounted_on", { mount: f.mount, device: f.device }), f.type, ...marks(f), bytes(f.total)].join(say("host.comma")) },
      { id: "device", label: "tables.device", room: "wider-only", read: (f) => f.device },
      { id: "type", label: "tables.fs_type", room: "wide-only", read: (f) => f.type },
      { id: "use", label: "tables.in_use", kind: "gauge", read: (f) => (silent(f) ? unknown : percent(f.used_ratio)), ratio: (f) => f.used_ratio, level: (f) => full(f).level, title: (f) => full(f).word },
      { id: "used", label: "tables.used", kind: "number", read: (f) => size(f, f.used) },
      { id: "free", label: "tables.free", kind: "number", read: (f) => size(f, f.available) },
      { id: "inodes", label: "tables.inodes", kind: "number", room: "wide-only", read: (f) => (f.inodes_total > 0 ? percent(f.inodes_used / f.inodes_total) : unknown) },
    ],
  });

  /** @param {any} s snapshot */
  show(s) {
    this.#table.show(s.filesystems);
    /** @type {{reason: string, count: number}[]} */
    const hidden = s.hidden_mounts ?? [];
    reveal(this.#hidden, hidden.length > 0);
    const all = hidden.reduce((sum, { count }) => sum + count, 0);
    const why = hidden.map(({ count, reason }) => `${count} × ${term("server.mount", reason)}`).join(say("host.semicolon"));
    write(this.#hidden, say("tables.mounts_hidden", { n: all, why }));
  }
}

/** What there is to know of a mount beside its numbers. @param {any} f */
function marks(f) {
  return [f.stale && say("tables.no_answer"), f.remote && say("tables.remote"), f.in_memory && say("tables.in_memory"), f.read_only && say("tables.read_only")].filter(Boolean);
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
