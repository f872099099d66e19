// @ts-check
// Which numbers of a snapshot are kept for charts, and under which names: history's names, so that both fill the same
// columns. Numbers per device are kept beside them for as long as the page is open. Pure.

/** @typedef {Record<string, number | null | undefined>} Row */

/** What GET history is asked for. */
export const historic = [
  "cpu.busy", "cpu.user", "cpu.nice", "cpu.system", "cpu.iowait", "cpu.irq", "cpu.softirq", "cpu.steal",
  "load.one",
  "memory.used", "memory.cached", "memory.free", "memory.total",
  "swap.used",
  "disk.read_rate", "disk.write_rate",
  "network.receive_rate", "network.transmit_rate",
  "processes.total",
];

/** What the charts draw: history's series and those made from them by `derive`. */
export const drawn = [...historic, "cpu.interrupts", "memory.reclaimable"];

/** More devices than this get no column of their own. */
const devices = 32;

/**
 * @param {any} s a snapshot
 * @returns {Row}
 */
export function row(s) {
  /** @type {Row} */
  const out = {};
  for (const state of ["busy", "user", "nice", "system", "iowait", "irq", "softirq", "steal"]) {
    out[`cpu.${state}`] = s.cpu?.[state];
  }
  out["load.one"] = s.load?.one;
  for (const part of ["used", "cached", "free", "total"]) out[`memory.${part}`] = s.memory?.[part];
  out["swap.used"] = s.swap?.used;
  out["processes.total"] = s.processes?.total;

  const disks = s.disks ?? [];
  out["disk.read_rate"] = sum(disks, "read_rate");
  out["disk.write_rate"] = sum(disks, "write_rate");
  for (const d of disks.slice(0, devices)) {
    out[`disk.read_rate ${d.name}`] = d.read_rate;
    out[`disk.write_rate ${d.name}`] = d.write_rate;
  }

  const networks = s.networks ?? [];
  out["network.receive_rate"] = sum(ways(networks), "receive_rate");
  out["network.transmit_rate"] = sum(ways(networks), "transmit_rate");
  for (const n of networks.slice(0, devices)) {
    out[`network.receive_rate ${n.name}`] = n.receive_rate;
    out[`network.transmit_rate ${n.name}`] = n.transmit_rate;
  }
  return derive(out);
}

/**
 * The interfaces that lead out of the host: what counts as its traffic. A host that has none but virtual ones
 * (a container) is shown by all of them.
 * @param {any[]} networks
 * @returns {any[]}
 */
export function ways(networks) {
  const out = networks.filter((n) => !n.virtual);
  return out.length > 0 ? out : networks;
}

/**
 * Adds what is made of other series. irq and softirq are one band, and what lies between used and free is what the
 * kernel gives back when asked: so the bands of memory sum to all of it, whatever is counted twice in "cached".
 * @param {Row} r
 * @returns {Row}
 */
export function derive(r) {
  r["cpu.interrupts"] = plus(r["cpu.irq"], r["cpu.softirq"]);
  const total = r["memory.total"];
  const used = r["memory.used"];
  const free = r["memory.free"];
  r["memory.reclaimable"] = total == null || used == null || free == null ? null : Math.max(0, total - used - free);
  return r;
}

/**
 * The answer of GET history as columns, with the derived ones added.
 * @param {{at: number[], series: {name: string, avg: (number | null)[]}[]}} answer
 * @returns {import("./store.js").Columns}
 */
export function columns(answer) {
  /** @type {Record<string, (number | null)[]>} */
  const out = {};
  for (const series of answer.series) out[series.name] = series.avg;
  const n = answer.at.length;
  out["cpu.interrupts"] = new Array(n).fill(null);
  out["memory.reclaimable"] = new Array(n).fill(null);
  for (let i = 0; i < n; i++) {
    /** @type {Row} */
    const r = {};
    for (const name in out) r[name] = out[name][i];
    derive(r);
    out["cpu.interrupts"][i] = r["cpu.interrupts"] ?? null;
    out["memory.reclaimable"][i] = r["memory.reclaimable"] ?? null;
  }
  return { at: answer.at, columns: out };
}

/** @param {number | null | undefined} a @param {number | null | undefined} b */
function plus(a, b) {
  return a == null ? b : b == null ? a : a + b;
}

/**
 * The sum of what is known; unknown when nothing is.
 * @param {any[]} list
 * @param {string} field
 * @returns {number | null}
 */
function sum(list, field) {
  let total = null;
  for (const item of list) if (item[field] != null) total = (total ?? 0) + item[field];
  return total;
}
