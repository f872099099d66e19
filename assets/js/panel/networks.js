// @ts-check
// The table of network interfaces. Virtual ones are folded away: a host may have hundreds.

import { bits, count, flow, known, three, unknown } from "../format.js";
import { say, term } from "../words/words.js";
import { one } from "./dom.js";
import { Table } from "./table.js";

export class Networks {
  /** @type {Table<any>} */
  #table = new Table(one("#networks"), {
    key: (n) => n.name,
    folded: (n) => n.virtual,
    others: ({ length }) => say("tables.virtual_interfaces", { n: length }),
    dim: (n) => n.state === "down",
    columns: [
      { id: "name", label: "tables.interface", read: (n) => n.name },
      { id: "state", label: "tables.state", room: "medium-only", read: (n) => (n.state ? term("server.link", n.state) : unknown) },
      { id: "speed", label: "tables.speed", kind: "number", room: "wide-only", read: (n) => bits(n.speed) },
      { id: "in", label: "tables.in", kind: "number", read: (n) => flow(n.receive_rate) },
      { id: "out", label: "tables.out", kind: "number", read: (n) => flow(n.transmit_rate) },
      { id: "packets", label: "tables.packets_rate", kind: "number", room: "wide-only", read: (n) => sum(n.receive_packets, n.transmit_packets), title: (n) => ways(n, "packets") },
      { id: "errors", label: "tables.errors_rate", kind: "number", read: (n) => sum(n.receive_errors, n.transmit_errors), level: (n) => ill(n, "errors"), title: (n) => ways(n, "errors") },
      { id: "drops", label: "tables.drops_rate", kind: "number", read: (n) => sum(n.receive_drops, n.transmit_drops), level: (n) => ill(n, "drops"), title: (n) => ways(n, "drops") },
    ],
  });

  /** @param {any} s snapshot */
  show(s) {
    this.#table.show(s.networks);
  }
}

/** @param {number | null} a @param {number | null} b */
function sum(a, b) {
  if (!known(a) && !known(b)) return unknown;
  const both = (a ?? 0) + (b ?? 0);
  return both === 0 || both >= 100 ? count(both) : three(both);
}

/** @param {any} n @param {string} what */
function ill(n, what) {
  return (n[`receive_${what}`] ?? 0) + (n[`transmit_${what}`] ?? 0) > 0 ? "warn" : "";
}

/** @param {any} n @param {string} what */
function ways(n, what) {
  const way = (/** @type {number | null} */ v) => (known(v) ? three(v) : unknown);
  return say("tables.ways_title", { in: way(n[`receive_${what}`]), out: way(n[`transmit_${what}`]) });
}
