// @ts-check
// What is in view, as it is taken away: the time shown, the numbers of each chart in it, the newest reading or that of the
// moment picked, and the tables as they stand. Pure.

import { lines } from "../csv.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {{name: string, title: string, ink: string, avg: (number | null)[], min: (number | null)[], max: (number | null)[]}} Series */
/** @typedef {{at: number, kind: string, text: string}} Mark */
/** @typedef {{id: string, title: string, unit: string, at: number[], series: Series[], whole?: Series}} Chart whole: what the series are parts of */
/**
 * @typedef {object} View
 * @property {string} host
 * @property {string} system
 * @property {number} taken Unix milliseconds, when the newest reading was
 * @property {number} told of when the verdict and the tiles are: a moment in the past, or when it was taken
 * @property {string} zone in which times are told, but in numbers
 * @property {number} from
 * @property {number} to
 * @property {number} moment the one picked, NaN: none
 * @property {string} verdict
 * @property {{title: string, figures: string}[]} tiles
 * @property {Chart[]} charts
 * @property {Mark[]} marks in the time shown
 * @property {{title: string, note: string, head: string[], rows: string[][]}[]} tables
 * @property {any} snapshot
 */

/**
 * The numbers of some series in a time; rows of nothing are gaps.
 * @param {Store} store
 * @param {number} from
 * @param {number} to
 * @param {{name: string, title: string, ink: string}[]} wanted
 * @returns {{at: number[], series: Series[]}}
 */
export function numbers(store, from, to, wanted) {
  const first = Math.max(store.from, store.find(from - 1) + 1);
  const last = store.find(to);
  const cut = (/** @type {Float64Array} */ column) => Array.from(column.subarray(first, last + 1), (v) => (Number.isNaN(v) ? null : v));
  return {
    at: Array.from(/** @type {Float64Array} */ (store.at).subarray(first, last + 1)),
    series: wanted.map((series) => ({ ...series, avg: cut(store.column(series.name)), min: cut(store.low(series.name)), max: cut(store.high(series.name)) })),
  };
}

/**
 * A chart as a table: a row for each reading, with the least and the greatest where they differ from the mean.
 * @param {{at: number[], series: Series[]}} chart
 * @returns {(string | number | null)[][]}
 */
export function table({ at, series }) {
  const banded = series.map(({ avg, min, max }) => avg.some((v, i) => v !== min[i] || v !== max[i]));
  const head = ["time", "unix_ms", ...series.flatMap(({ name }, k) => (banded[k] ? [name, `${name}.min`, `${name}.max`] : [name]))];
  return [head, ...at.map((time, i) => [
    new Date(time).toISOString(), time,
    ...series.flatMap(({ avg, min, max }, k) => (banded[k] ? [avg[i], min[i], max[i]] : [avg[i]])),
  ])];
}

/** @param {View} view */
export function csv({ charts, marks, tables }) {
  const happened = marks.map(({ at, kind, text }) => [new Date(at).toISOString(), at, kind, text]);
  const parts = [...charts.map(table), ...(marks.length > 0 ? [[["# marks"], ["time", "unix_ms", "kind", "text"], ...happened]] : []), ...tables.map(({ title, head, rows }) => [[`# ${title}`], head, ...rows])];
  return parts.map(lines).join("\r\n");
}

/** @param {View} view */
export function json({ host, system, taken, zone, from, to, moment, verdict, charts, marks, tables, snapshot }) {
  return `${JSON.stringify({
    host, system, taken, zone, from, to, moment: Number.isNaN(moment) ? null : moment, verdict,
    charts: charts.map(({ id, unit, at, series }) => ({ id, unit, at, series: series.map(({ name, avg, min, max }) => ({ name, avg, min, max })) })),
    marks, tables, snapshot,
  }, null, 1)}\n`;
}
