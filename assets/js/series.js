// @ts-check
// Which numbers of a snapshot are kept for charts, and under which names: history's names, so that both fill the same
// columns. Pure.

/** @typedef {Record<string, number | null | undefined>} Row */

/** What is drawn of the host as a whole, under the names that history has. */
export const whole = [
  "cpu.busy", "cpu.user", "cpu.nice", "cpu.system", "cpu.iowait", "cpu.irq", "cpu.softirq", "cpu.steal",
  "load.one",
  "memory.used", "memory.cached", "memory.free", "memory.total",
  "swap.used",
  "disk.read_rate", "disk.write_rate",
  "network.receive_rate", "network.transmit_rate",
  "processes.total",
  "pressure.cpu.some", "pressure.memory.some", "pressure.memory.full", "pressure.io.some", "pressure.io.full",
];

/** How much work stood still: for a processor some of it at most, for memory and disks all of it. */
const stalls = ["pressure.cpu.some", "pressure.memory.full", "pressure.io.full"];

/** Those made from others by `derive`, and those others. */
const made = ["cpu.interrupts", "memory.reclaimable", "pressure.worst"];
const sources = ["cpu.irq", "cpu.softirq", "memory.total", "memory.used", "memory.free", ...stalls];

/** What the charts draw: history's series and those made from them. */
export const drawn = [...whole, ...made];

/** More devices than this get no column of their own. */
const devices = 32;

/** More cores than this have neither a series in history nor a column. */
const cores = 64;

/** The rates there are of each device, by the part of the snapshot that lists them. */
const rates = /** @type {const} */ ({
  disks: ["disk", "read_rate", "write_rate"],
  networks: ["network", "receive_rate", "transmit_rate"],
});

/**
 * The series of one device, or of all of them together.
 * @param {string} series of all: "disk.read_rate"
 * @param {string} device "" is all
 * @returns {string} "disk.sda.read_rate"
 */
export function of(series, device) {
  const dot = series.indexOf(".");
  return device ? `${series.slice(0, dot)}.${device}${series.slice(dot)}` : series;
}

/**
 * Single cores.
 * @param {any} s a snapshot
 * @returns {{name: string, busy: number | null}[]}
 */
export function single(s) {
  return (s.cpu?.cores ?? []).slice(0, cores);
}

/** The series of a single core. @param {{name: string}} core */
export function ofCore({ name }) {
  return of("core.busy", name);
}

/**
 * What GET history is asked for.
 * @param {string[]} known the names it has
 * @param {any} s the newest snapshot
 * @returns {string[]}
 */
export function historic(known, s) {
  const wanted = [...whole, ...single(s).map(ofCore)];
  for (const [part, [kind, ...names]] of Object.entries(rates)) {
    for (const d of (s[part] ?? []).slice(0, devices)) wanted.push(...names.map((name) => of(`${kind}.${name}`, d.name)));
  }
  return wanted.filter((name) => known.includes(name));
}

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
  for (const core of single(s)) out[ofCore(core)] = core.busy;
  out["load.one"] = s.load?.one;
  for (const part of ["used", "cached", "free", "total"]) out[`memory.${part}`] = s.memory?.[part];
  out["swap.used"] = s.swap?.used;
  out["processes.total"] = s.processes?.total;
  Object.assign(out, pressure(s));

  for (const [part, [kind, ...names]] of Object.entries(rates)) {
    const all = s[part] ?? [];
    const summed = part === "networks" ? ways(all) : counted(all);
    for (const name of names) {
      out[`${kind}.${name}`] = total(summed, name);
      for (const d of all.slice(0, devices)) out[of(`${kind}.${name}`, d.name)] = d[name];
    }
  }
  return derive(out);
}

/**
 * The interfaces that lead out of the host: what counts as its traffic.
 * @param {any[] | undefined} networks
 * @returns {any[]}
 */
export function ways(networks) {
  return (networks ?? []).filter((n) => !n.virtual);
}

/**
 * The disks at the bottom of each stack: what passes through a device that is built on them is theirs already.
 * @param {any[] | undefined} disks
 * @returns {any[]}
 */
export function counted(disks) {
  return (disks ?? []).filter((d) => d.counted);
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
  r["pressure.worst"] = r[worst(r) ?? ""] ?? null;
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
  for (const name of made) out[name] = new Array(n).fill(null);
  const used = sources.filter((name) => name in out);
  for (let i = 0; i < n; i++) {
    /** @type {Row} */
    const r = {};
    for (const name of used) r[name] = out[name][i];
    derive(r);
    for (const name of made) out[name][i] = r[name] ?? null;
  }
  return { at: answer.at, columns: out };
}

/**
 * @param {any} s a snapshot
 * @returns {Row}
 */
export function pressure(s) {
  /** @type {Row} */
  const out = {};
  for (const resource of ["cpu", "memory", "io"]) {
    for (const kind of ["some", "full"]) out[`pressure.${resource}.${kind}`] = s.pressure?.[resource]?.[kind];
  }
  return out;
}

/**
 * What most work stood still for.
 * @param {Row} r
 * @returns {string | null} the series; null when none is known
 */
export function worst(r) {
  let most = null;
  for (const name of stalls) if (r[name] != null && !(most && Number(r[most]) >= Number(r[name]))) most = name;
  return most;
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
export function total(list, field) {
  let sum = null;
  for (const item of list) if (item[field] != null) sum = (sum ?? 0) + item[field];
  return sum;
}
