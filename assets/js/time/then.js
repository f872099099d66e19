// @ts-check
// A moment that has passed, as far as history has it: the numbers, in the form of a snapshot, and the processes that were at
// the top. Pure but for the questions it asks.

import { Refused } from "../api.js";

/** @typedef {import("../processlist.js").Process} Process */
/**
 * @typedef {object} Then
 * @property {number} at the moment asked for
 * @property {any} snapshot the parts that tiles and verdict read; null where history has nothing
 * @property {number} taken when those numbers were taken, NaN where there are none
 * @property {Process[] | null} processes null where none are kept
 * @property {number} listed when they were
 */

/** Series that fill a snapshot's plain parts, by the beginning of their names. */
const plain = ["cpu", "load", "memory", "swap", "pressure", "processes"];
/** How far around a moment a row of numbers may lie, in milliseconds, from the finest tier to the coarsest. */
const around = [3000, 30_000, 180_000];

/**
 * @param {import("../api.js").API} api
 * @param {import("./history.js").History} history
 * @param {number} at
 * @param {any} now the newest snapshot: which devices there are
 * @param {AbortSignal} signal
 * @returns {Promise<Then>}
 */
export async function then(api, history, at, now, signal) {
  const [numbers, table] = await Promise.all([row(history, at, signal), processes(api, at, signal)]);
  return {
    at,
    snapshot: numbers && snapshot(numbers.values, now),
    taken: numbers?.at ?? NaN,
    processes: table?.processes ?? null,
    listed: table?.at ?? NaN,
  };
}

/** @param {import("./history.js").History} history @param {number} at @param {AbortSignal} signal */
async function row(history, at, signal) {
  const known = await history.series();
  const names = [...known.keys()].filter((name) => plain.includes(name.split(".")[0]) || /^(disk|network|filesystem)\./.test(name)).filter((name) => !name.includes(",")).slice(0, 400);
  for (const reach of around) {
    const answer = await history.ask(names, at - reach, at + reach, 60, signal);
    const i = nearest(answer.at, answer.series, at);
    if (i < 0) continue;
    /** @type {Map<string, number>} */
    const values = new Map();
    for (const { name, avg } of answer.series) {
      const v = avg[i];
      if (v !== null) values.set(name, v);
    }
    return { at: answer.at[i], values };
  }
  return null;
}

/**
 * The row in force: the last not after the moment that has anything, else the first that has.
 * @param {number[]} times
 * @param {{avg: (number | null)[]}[]} series
 * @param {number} at
 */
function nearest(times, series, at) {
  let found = -1;
  for (let i = 0; i < times.length; i++) {
    if (!series.some(({ avg }) => avg[i] !== null)) continue;
    if (times[i] > at && found >= 0) break;
    found = i;
  }
  return found;
}

/** @param {import("../api.js").API} api @param {number} at @param {AbortSignal} signal */
async function processes(api, at, signal) {
  try {
    const answer = await api.processesAt(at, signal);
    return {
      at: answer.at,
      /** @type {Process[]} */
      processes: answer.processes.map((/** @type {any} */ p) => ({ ...p, past: true, command: "", state: "", parent: null, threads: null, read_rate: p.traffic, write_rate: null })),
    };
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

/**
 * Numbers by the names of their series as the snapshot they were taken from, as far as they tell. Devices are those of now:
 * what they are does not change.
 * @param {Map<string, number>} values
 * @param {any} now
 */
export function snapshot(values, now) {
  /** @type {any} */
  const s = { past: true };
  for (const [name, v] of values) {
    const path = name.split(".");
    if (!plain.includes(path[0])) continue;
    let at = s;
    for (const key of path.slice(0, -1)) at = at[key] ??= {};
    at[/** @type {string} */ (path.at(-1))] = v;
  }
  const of = (/** @type {string} */ kind, /** @type {string} */ key, /** @type {string} */ name) => values.get(`${kind}.${key}.${name}`) ?? null;
  s.disks = (now?.disks ?? []).map((/** @type {any} */ d) => ({
    name: d.name, counted: d.counted, read_rate: of("disk", d.name, "read_rate"), write_rate: of("disk", d.name, "write_rate"), busy: of("disk", d.name, "busy"),
  }));
  s.networks = (now?.networks ?? []).map((/** @type {any} */ n) => ({
    name: n.name, virtual: n.virtual, receive_rate: of("network", n.name, "receive_rate"), transmit_rate: of("network", n.name, "transmit_rate"),
  }));
  s.filesystems = (now?.filesystems ?? []).map((/** @type {any} */ f) => ({
    mount: f.mount, read_only: f.read_only, stale: f.stale, used_ratio: of("filesystem", f.mount, "used_ratio"), available: null,
  }));
  return s;
}
