// @ts-check
// The table of systemd's services, as their control groups tell: those at the top.

import { bytes, count, known, percentFigure, rate, unknown } from "../format.js";
import { field, one, write } from "./dom.js";
import { Table } from "./table.js";

export class Units {
  #note = field("units-note");
  /** @type {Table<any>} */
  #table = new Table(one("#units"), {
    key: (u) => u.name,
    columns: [
      { id: "name", label: "unit", read: (u) => u.name, title: (u) => u.name },
      { id: "cpu", label: "CPU %", kind: "number", read: (u) => percentFigure(u.cpu) },
      { id: "memory", label: "memory", kind: "number", read: (u) => bytes(u.memory) },
      { id: "tasks", label: "tasks", kind: "number", room: "wide-only", read: (u) => count(u.tasks) },
      { id: "io", label: "disk I/O", kind: "number", read: (u) => (known(u.read_rate) || known(u.write_rate) ? rate((u.read_rate ?? 0) + (u.write_rate ?? 0)) : unknown), title: (u) => `read ${rate(u.read_rate)}, write ${rate(u.write_rate)}` },
      { id: "oom", label: "OOM kills", kind: "number", room: "wide-only", read: (u) => count(u.oom_kills), level: (u) => (u.oom_kills > 0 ? "alarm" : "") },
    ],
  });

  /** @param {any} s snapshot */
  show(s) {
    this.#table.show(s.units?.top);
    if (s.units) write(this.#note, `${count(s.units.top?.length ?? 0)} of ${count(s.units.total)}`);
  }
}
