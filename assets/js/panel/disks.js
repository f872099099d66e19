// @ts-check
// The table of disks: what each does, how long its requests take, how busy it is. Those that are built on others are
// folded away: what they do is in the ones below them.

import { count, delay, known, percent, rate, three, unknown } from "../format.js";
import { one } from "./dom.js";
import { Table } from "./table.js";

/** @type {Record<string, string>} */
const kinds = { dm: "mapped", md: "RAID", loop: "loop", zram: "zram", optical: "optical", disk: "disk" };

export class Disks {
  /** @type {Table<any>} */
  #table = new Table(one("#disks"), {
    key: (d) => d.name,
    folded: (d) => !d.counted,
    others: (away) => `${away.length} not counted: ${[...new Set(away.map(reason))].join(", ")}`,
    columns: [
      { id: "name", label: "disk", read: (d) => d.name, mark: (d) => d.label || undefined, title: (d) => [d.name, d.label, d.counted ? "" : `not counted: ${reason(d)}`].filter(Boolean).join(" · ") },
      { id: "kind", label: "kind", room: "wider-only", read: (d) => (Object.hasOwn(kinds, d.kind) ? kinds[d.kind] : d.kind) },
      { id: "read", label: "read", kind: "number", room: "medium-only", read: (d) => rate(d.read_rate) },
      { id: "write", label: "write", kind: "number", room: "medium-only", read: (d) => rate(d.write_rate) },
      { id: "requests", label: "requests/s", kind: "number", room: "wide-only", read: (d) => requests(d), title: (d) => `read ${some(d.reads)}, write ${some(d.writes)} a second` },
      { id: "latency", label: "latency r / w", kind: "number", read: (d) => `${brief(d.read_time)} / ${brief(d.write_time)}`, title: (d) => `a request took on average: read ${delay(d.read_time)}, write ${delay(d.write_time)}` },
      { id: "queue", label: "queue", kind: "number", room: "wide-only", read: (d) => some(d.queue) },
      { id: "busy", label: "busy", kind: "gauge", read: (d) => percent(d.busy), ratio: (d) => d.busy },
    ],
  });

  /** @param {any} s snapshot */
  show(s) {
    this.#table.show(s.disks);
  }
}

/** Why it is in no sum. What is built on others is in theirs already. @param {any} d */
function reason(d) {
  if (d.kind === "zram") return "in memory";
  return d.kind === "optical" ? "optical" : "built on others";
}

/** @param {any} d */
function requests(d) {
  return known(d.reads) || known(d.writes) ? some((d.reads ?? 0) + (d.writes ?? 0)) : unknown;
}

/** @param {number | null} v */
function some(v) {
  if (!known(v)) return unknown;
  return v >= 100 || v === 0 ? count(v) : three(v);
}

/** Without its unit's sign where both of a pair are told. @param {number | null} seconds */
function brief(seconds) {
  return known(seconds) ? delay(seconds).replace("< ", "<") : unknown;
}
