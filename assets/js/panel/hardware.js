// @ts-check
// What only some machines have, a small table each: temperatures and fans, graphics processors, batteries; and who is
// logged in.

import { bytes, count, duration, known, moment, percent, three, unknown } from "../format.js";
import { say, term } from "../words/words.js";
import { one } from "./dom.js";
import { fullness } from "./level.js";
import { Table } from "./table.js";

export class Sensors {
  /** @type {Table<any>} */
  #table = new Table(one("#sensors"), {
    key: (v) => v.id,
    columns: [
      { id: "label", label: "tables.sensor", read: (v) => v.label, mark: (v) => v.chip, title: (v) => say("tables.sensor_title", { label: v.label, chip: v.chip, id: v.id }) },
      { id: "value", label: "tables.reading", kind: "number", read: (v) => (v.kind === "fan" ? say("tables.rpm", { n: count(v.value) }) : degrees(v.value)), level: (v) => heat(v).level },
      { id: "limit", label: "tables.limit", kind: "number", read: (v) => degrees(v.high ?? v.critical), title: (v) => say("tables.limits_title", { high: degrees(v.high), critical: degrees(v.critical) }) },
      { id: "level", label: "tables.of_limit", kind: "gauge", read: (v) => heat(v).word, ratio: (v) => reach(v), level: (v) => heat(v).level },
    ],
  });

  /** @param {any} s snapshot */
  show(s) {
    this.#table.show(s.sensors);
  }
}

export class GPUs {
  /** @type {Table<any>} */
  #table = new Table(one("#gpus"), {
    key: (g) => g.id,
    columns: [
      { id: "name", label: "tables.gpu", read: (g) => g.name, title: (g) => `${g.name}, ${g.id}` },
      { id: "busy", label: "tables.busy", kind: "gauge", read: (g) => percent(g.busy), ratio: (g) => g.busy },
      { id: "memory", label: "tables.memory", kind: "number", read: (g) => bytes(g.memory_used), title: (g) => say("tables.out_of", { limit: bytes(g.memory_total) }), level: (g) => fullness(known(g.memory_total) ? g.memory_used / g.memory_total : null).level },
      { id: "heat", label: "tables.heat", kind: "number", read: (g) => degrees(g.temperature) },
      { id: "power", label: "tables.power", kind: "number", room: "wide-only", read: (g) => watts(g.power), title: (g) => say("tables.out_of", { limit: watts(g.power_limit) }) },
      { id: "fan", label: "tables.fan", kind: "number", room: "wide-only", read: (g) => percent(g.fan) },
    ],
  });

  /** @param {any} s snapshot */
  show(s) {
    this.#table.show(s.gpus);
  }
}

export class Batteries {
  /** @type {Table<any>} */
  #table = new Table(one("#batteries"), {
    key: (b) => b.name,
    columns: [
      { id: "name", label: "tables.battery", read: (b) => b.name },
      { id: "charge", label: "tables.charge", kind: "gauge", read: (b) => percent(b.charge), ratio: (b) => b.charge },
      { id: "does", label: "tables.does", read: (b) => term("server.battery", b.state) },
      { id: "left", label: "tables.left", kind: "number", read: (b) => duration(b.left), title: (b) => say(b.state === "charging" ? "tables.power_in" : "tables.power_out", { power: watts(b.power) }) },
    ],
  });

  /** @param {any} s snapshot */
  show(s) {
    this.#table.show(s.batteries);
  }
}

export class Users {
  #now = 0;
  /** @type {Table<any>} */
  #table = new Table(one("#users"), {
    key: (u) => `${u.name}\n${u.terminal}\n${u.since}`,
    columns: [
      { id: "name", label: "tables.user", read: (u) => u.name },
      { id: "terminal", label: "tables.terminal", room: "wide-only", read: (u) => u.terminal || unknown },
      { id: "from", label: "tables.from", read: (u) => u.from || say("tables.here"), title: (u) => u.from },
      { id: "since", label: "tables.since", kind: "number", read: (u) => moment(u.since, this.#now) },
    ],
  });

  /** @param {any} s snapshot @param {number} at Unix milliseconds */
  show(s, at) {
    this.#now = at;
    this.#table.show(s.users);
  }
}

/** @param {number | null | undefined} v */
function degrees(v) {
  return known(v) ? `${(Math.round(v * 10) / 10 || 0).toFixed(1)} °C` : unknown; // || 0: there is a negative zero
}

/** @param {number | null | undefined} v */
function watts(v) {
  return known(v) ? `${three(v)} W` : unknown;
}

/** @param {any} v a sensor */
function reach(v) {
  const limit = v.high ?? v.critical;
  return known(v.value) && known(limit) && limit > 0 && v.kind !== "fan" ? Math.max(0, v.value / limit) : null;
}

/** @param {any} v a sensor @returns {{level: "" | "warn" | "alarm", word: string}} */
function heat(v) {
  const ratio = reach(v);
  if (ratio === null) return { level: "", word: unknown };
  if (known(v.critical) && v.value >= v.critical) return { level: "alarm", word: say("tables.critical") };
  return ratio >= 1 ? { level: "warn", word: say("tables.hot") } : { level: "", word: percent(ratio) };
}
