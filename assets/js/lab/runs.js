// @ts-check
// The crowds that were measured in this tab, for as long as it is open: one line for each, the newest figures of it. Pure
// but for the browser's own store of the session.

import { bytes, count, rate, three } from "../format.js";

const name = "fivewire.crowds";
/** Runs kept: the oldest go. */
const most = 25;

/**
 * What a crowd has cost the server, for each 1 000 viewers; null is unknown.
 * @typedef {object} Per
 * @property {number} cpu_ms_per_s
 * @property {number} memory bytes
 * @property {number} goroutines
 * @property {number | null} descriptors
 * @property {number} bytes_per_s
 * @property {number | null} cpu_us_per_message
 */
/**
 * @typedef {object} Run
 * @property {number} began Unix milliseconds on the server's clock: what tells runs apart
 * @property {string} technique
 * @property {number} viewers that were wanted
 * @property {number} connected
 * @property {number} messages
 * @property {number} missed
 * @property {{p50: number, p99: number} | null} age milliseconds
 * @property {number} seconds of the window that the cost is an average over
 * @property {Per} per
 */

/** What is compared, each with how it is written. @type {[keyof Per, (v: number) => string][]} */
export const perColumns = [
  ["cpu_ms_per_s", (v) => `${three(v)} ms/s`],
  ["cpu_us_per_message", (v) => `${three(v)} µs`],
  ["memory", (v) => bytes(v)],
  ["descriptors", (v) => count(v)],
  ["goroutines", (v) => count(v)],
  ["bytes_per_s", (v) => rate(v)],
];

/** Of so few viewers these are not told: what the process moves by itself, a few MiB and milliseconds, would be multiplied. */
const few = 500;
const moving = new Set(["cpu_ms_per_s", "cpu_us_per_message", "memory"]);

/**
 * What a run has cost for each 1 000 viewers; null where that is not known or mostly chance.
 * @param {Run} run @param {keyof Per} column
 */
export function perThousand({ connected, per }, column) {
  return connected < few && moving.has(column) ? null : per[column];
}

/**
 * What is worth keeping of an answer of GET load; null while nothing can be told.
 * @param {any} state
 * @returns {Run | null}
 */
export function runOf(state) {
  const { server, age_ms: age } = state ?? {};
  if (!server?.per_1000 || !server.with) return null;
  const { began, technique, viewers, connected, messages, missed } = state;
  return {
    began, technique, viewers, connected, messages, missed,
    age: age ? { p50: age.p50, p99: age.p99 } : null, seconds: server.with.seconds, per: server.per_1000,
  };
}

/**
 * With a run in it: in its place if it is there, else last.
 * @param {Run[]} runs
 * @param {Run} run
 * @returns {Run[]}
 */
export function withRun(runs, run) {
  const place = runs.findIndex(({ began }) => began === run.began);
  return place < 0 ? [...runs, run].slice(-most) : runs.with(place, run);
}

export class Runs {
  /** @type {Run[]} oldest first */
  list = [];

  constructor() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(name) ?? "[]");
      if (Array.isArray(kept)) this.list = kept.filter((run) => run?.per && Number.isFinite(run.began));
    } catch {
      // Nothing was kept, or it may not be read.
    }
  }

  /** @param {Run} run */
  put(run) {
    this.list = withRun(this.list, run);
    this.#keep();
  }

  clear() {
    this.list = [];
    this.#keep();
  }

  #keep() {
    try {
      sessionStorage.setItem(name, JSON.stringify(this.list));
    } catch {
      // Then they last as long as the page.
    }
  }
}
