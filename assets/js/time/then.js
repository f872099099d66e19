// @ts-check
// A moment that has passed, as far as history has it: the numbers, in the form of a snapshot, and the processes that were at
// the top. Pure but for the questions it asks.

import { Refused } from "../api.js";
import { counted, of, ways, whole } from "../series.js";
import { over } from "./stretch.js";

/** @typedef {import("../processlist.js").Process} Process */
/**
 * @typedef {object} Then
 * @property {number} at the moment asked for
 * @property {any} snapshot the parts that tiles, verdict and charts read; null where history has nothing
 * @property {number} taken when those numbers were taken, NaN where there are none
 * @property {Process[] | null} processes null where none are kept
 * @property {number} listed when they were
 * @property {unknown} failed why one of both is not known, where there was no answer for it
 */

/** Series that fill a snapshot's plain parts, by the beginning of their names. */
const plain = ["cpu", "load", "memory", "swap", "pressure", "processes", "frequency", "paging", "container"];
/** How far before a moment a row of numbers may begin, in milliseconds, from the finest tier to the coarsest. */
const reaches = [3000, 30_000, 180_000];
/** What goes over all disks, and all ways out of the host: also over those that are gone. */
const sums = whole.filter((name) => /^(disk|network)\./.test(name));

/**
 * @param {import("../api.js").API} api
 * @param {import("./history.js").History} history
 * @param {number} at
 * @param {any} now the newest snapshot: which devices there are
 * @param {AbortSignal} signal
 * @returns {Promise<Then>}
 */
export async function thenAt(api, history, at, now, signal) {
  const [numbers] = await Promise.allSettled([row(history, at, now, signal)]);
  if (numbers.status === "rejected" && numbers.reason instanceof Refused && numbers.reason.status === 0) throw numbers.reason; // nobody answers: to ask for the table would be to wait as long once more
  const nothing = numbers.status === "fulfilled" && !numbers.value; // nobody looked then: a table near it is of another time
  const [table] = await Promise.allSettled([nothing ? null : processes(api, at, signal)]);
  if (numbers.status === "rejected" && table.status === "rejected") throw numbers.reason;
  const found = numbers.status === "fulfilled" ? numbers.value : null;
  const list = table.status === "fulfilled" ? table.value : null;
  return {
    at,
    snapshot: found && snapshot(found.values, now),
    taken: found?.at ?? NaN,
    processes: list?.processes ?? null,
    listed: list?.at ?? NaN,
    failed: numbers.status === "rejected" ? numbers.reason : table.status === "rejected" ? table.reason : null,
  };
}

/** @param {import("./history.js").History} history @param {number} at @param {any} now @param {AbortSignal} signal */
async function row(history, at, now, signal) {
  const known = await history.around(at, signal);
  const ours = devices(now, known).flatMap(({ part, key, figures, list }) => list.flatMap((device) => figures.map((figure) => of(`${part}.${figure}`, device[key]))));
  const names = [...new Set([...[...known].filter((name) => plain.includes(name.split(".")[0])), ...sums, ...ours])].filter((name) => !name.includes(","));
  const ask = (/** @type {number} */ from, /** @type {number} */ to) => history.ask(names, from, to, 60, signal, known);
  // A row stands for the time behind its moment: the last one not after this has it in it, unless it is over.
  for (const reach of reaches) {
    const answer = await ask(at - reach, at);
    const i = told(answer).lastIndexOf(true);
    if (i < 0) continue;
    const length = (answer.until ?? Infinity) - answer.at[answer.at.length - 1];
    return over(answer.at[i], answer.at[i] + length, at) ? null : valuesOf(answer, i);
  }
  return null;
}

/** @typedef {Awaited<ReturnType<import("./history.js").History["ask"]>>} Answer */

/** Of which rows anything is known. @param {Answer} answer */
function told(answer) {
  return answer.at.map((_, i) => answer.series.some(({ avg }) => avg[i] !== null));
}

/** A row by the names of its series. @param {Answer} answer @param {number} i */
function valuesOf(answer, i) {
  /** @type {Map<string, number>} */
  const values = new Map();
  for (const { name, avg } of answer.series) {
    const v = avg[i];
    if (v !== null) values.set(name, v);
  }
  return { at: answer.at[i], values };
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
 * The devices that tiles and verdict count, and which of their figures: a host may have hundreds of others. Those
 * that are gone are among them: of interfaces history counts the packets of those only that lead out of the host.
 * @param {any} now the newest snapshot
 * @param {Iterable<string>} names of series that there are, for what is gone
 * @returns {{part: string, key: string, figures: string[], list: any[]}[]}
 */
function devices(now, names) {
  const series = [...names];
  const only = (/** @type {any[]} */ list, /** @type {string[]} */ ...facts) => list.map((device) => Object.fromEntries(facts.map((fact) => [fact, device[fact]])));
  return [
    { part: "disk", key: "name", figures: ["read_rate", "write_rate", "busy"], list: [...only(counted(now?.disks), "name", "counted"), ...gone(series, "disk.", ".busy", now?.disks, "name").map((name) => ({ name }))] },
    { part: "network", key: "name", figures: ["receive_rate", "transmit_rate", "receive_packets"], list: [...only(ways(now?.networks), "name", "virtual"), ...gone(series, "network.", ".receive_packets", now?.networks, "name").map((name) => ({ name }))] },
    { part: "filesystem", key: "mount", figures: ["used_ratio"], list: [...only((now?.filesystems ?? []).filter((/** @type {any} */ f) => !f.stale && !f.read_only), "mount"), ...gone(series, "filesystem.", ".used_ratio", now?.filesystems, "mount").map((mount) => ({ mount }))] },
  ];
}

/**
 * What history has a series of, and the newest snapshot does not list.
 * @param {string[]} series
 * @param {string} before
 * @param {string} behind
 * @param {any[] | undefined} listed
 * @param {string} key
 */
function gone(series, before, behind, listed, key) {
  const there = new Set(listed?.map((device) => device[key]));
  return series.filter((name) => name.startsWith(before) && name.endsWith(behind) && name.length > before.length + behind.length)
    .map((name) => name.slice(before.length, -behind.length)).filter((name) => !there.has(name));
}

/**
 * Numbers by the names of their series as the snapshot they were taken from, as far as they tell. What a device is does not
 * change: that of those that are there now is known.
 * @param {Map<string, number>} values
 * @param {any} now
 */
export function snapshot(values, now) {
  /** @type {any} */
  const s = { past: true, sums: Object.fromEntries(sums.map((name) => [name, values.get(name)])) };
  for (const [name, v] of values) {
    const path = name.split(".");
    if (!plain.includes(path[0])) continue;
    let at = s;
    for (const key of path.slice(0, -1)) at = at[key] ??= {};
    at[/** @type {string} */ (path.at(-1))] = v;
  }
  if (s.cpu) {
    s.cpu.idle = 1 - s.cpu.busy - (s.cpu.iowait ?? 0);
    s.cpu.cores = now?.cpu?.cores?.map((/** @type {{name: string}} */ { name }) => ({ name }));
  }
  for (const { part, key, figures, list } of devices(now, values.keys())) {
    s[`${part}s`] = list.map((device) => ({ ...device, ...Object.fromEntries(figures.map((figure) => [figure, values.get(of(`${part}.${figure}`, device[key])) ?? null])) }));
  }
  return s;
}
