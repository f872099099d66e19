// @ts-check
// The table of systemd's services, as their control groups tell: those that have failed, which have none any more, and those at the top.

import { bytes, count, known, percentFigure, rate, unknown } from "../format.js";
import { say } from "../words/words.js";
import { field, one, write } from "./dom.js";
import { Table } from "./table.js";

export class Units {
  #note = field("units-note");
  /** @type {Table<any>} */
  #table = new Table(one("#units"), {
    key: (u) => u.name,
    columns: [
      { id: "name", label: "tables.unit", read: (u) => u.name, title: (u) => u.name, mark: (u) => (u.failed ? say("tables.unit_failed") : ""), level: (u) => (u.failed ? "alarm" : "") },
      { id: "cpu", label: "tables.cpu_percent", kind: "number", read: (u) => percentFigure(u.cpu) },
      { id: "memory", label: "tables.memory", kind: "number", read: (u) => bytes(u.memory) },
      { id: "tasks", label: "tables.tasks", kind: "number", room: "wide-only", read: (u) => count(u.tasks) },
      { id: "io", label: "tables.disk_io", kind: "number", read: (u) => (known(u.read_rate) || known(u.write_rate) ? rate((u.read_rate ?? 0) + (u.write_rate ?? 0)) : unknown), title: (u) => say("tables.read_write", { read: rate(u.read_rate), write: rate(u.write_rate) }) },
      { id: "oom", label: "tables.oom_kills", kind: "number", room: "wide-only", read: (u) => count(u.oom_kills), level: (u) => (u.oom_kills > 0 ? "alarm" : "") },
    ],
  });

  /** @param {any} s snapshot */
  show(s) {
    const { total = 0, names = [] } = s.failed_units ?? {};
    const top = s.units?.top ?? [];
    const failed = names.map((/** @type {string} */ name) => ({ ...top.find((/** @type {any} */ u) => u.name === name), name, failed: true }));
    this.#table.show([...failed, ...top.filter((/** @type {any} */ u) => !names.includes(u.name))]);
    write(this.#note, [
      total > 0 ? say("tables.units_failed", { n: total }) : "",
      s.units ? say("tables.of", { used: count(top.length), limit: count(s.units.total) }) : "",
    ].filter(Boolean).join(" · "));
  }
}
