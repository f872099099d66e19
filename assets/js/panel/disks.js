// @ts-check
// The table of disks: what each does, how long its requests take, how busy it is. Those that are built on others are
// folded away: what they do is in the ones below them.

import { count, delay, known, percent, rate, three, unknown } from "../format.js";
import { say, term } from "../words/words.js";
import { one } from "./dom.js";
import { Table } from "./table.js";

export class Disks {
  /** @type {Table<any>} */
  #table = new Table(one("#disks"), {
    key: (d) => d.name,
    folded: (d) => !d.counted,
    others: (away) => say("tables.not_counted", { n: away.length, why: [...new Set(away.map(reason))].join(say("host.comma")) }),
    columns: [
      { id: "name", label: "tables.disk", read: (d) => d.name, mark: (d) => d.label || undefined, title: (d) => [d.name, d.label, d.counted ? "" : say("tables.is_not_counted", { why: reason(d) })].filter(Boolean).join(" · ") },
      { id: "kind", label: "tables.kind", room: "wider-only", read: (d) => term("tables.disk_kind", d.kind) },
      { id: "read", label: "tables.read", kind: "number", room: "medium-only", read: (d) => rate(d.read_rate) },
      { id: "write", label: "tables.write", kind: "number", room: "medium-only", read: (d) => rate(d.write_rate) },
      { id: "requests", label: "tables.requests_rate", kind: "number", room: "wide-only", read: (d) => requests(d), title: (d) => say("tables.requests_title", { read: some(d.reads), write: some(d.writes) }) },
      { id: "latency", label: "tables.latency", kind: "number", read: (d) => `${brief(d.read_time)} / ${brief(d.write_time)}`, title: (d) => say("tables.latency_title", { read: delay(d.read_time), write: delay(d.write_time) }) },
      { id: "queue", label: "tables.queue", kind: "number", room: "wide-only", read: (d) => some(d.queue) },
      { id: "busy", label: "tables.busy", kind: "gauge", read: (d) => percent(d.busy), ratio: (d) => d.busy },
    ],
  });

  /** @param {any} s snapshot */
  show(s) {
    this.#table.show(s.disks);
  }
}

/** Why it is in no sum. What is built on others is in theirs already. @param {any} d */
function reason(d) {
  if (d.kind === "zram") return say("tables.in_memory");
  return say(d.kind === "optical" ? "tables.disk_kind_optical" : "tables.built_on_others");
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
