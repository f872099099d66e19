// @ts-check
// The table of systemd's services, as their control groups tell: those at the top.

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
      { id: "name", label: "tables.unit", read: (u) => u.name, title: (u) => u.name },
      { id: "cpu", label: "tables.cpu_percent", kind: "number", read: (u) => percentFigure(u.cpu) },
      { id: "memory", label: "tables.memory", kind: "number", read: (u) => bytes(u.memory) },
      { id: "tasks", label: "tables.tasks", kind: "number", room: "wide-only", read: (u) => count(u.tasks) },
      { id: "io", label: "tables.disk_io", kind: "number", read: (u) => (known(u.read_rate) || known(u.write_rate) ? rate((u.read_rate ?? 0) + (u.write_rate ?? 0)) : unknown), title: (u) => say("tables.read_write", { read: rate(u.read_rate), write: rate(u.write_rate) }) },
      { id: "oom", label: "tables.oom_kills", kind: "number", room: "wide-only", read: (u) => count(u.oom_kills), level: (u) => (u.oom_kills > 0 ? "alarm" : "") },
    ],
  });

  /** @param {any} s snapshot */
  show(s) {
    this.#table.show(s.units?.top);
    if (s.units) write(this.#note, say("tables.of", { used: count(s.units.top?.length ?? 0), limit: count(s.units.total) }));
  }
}
