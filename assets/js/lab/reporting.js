// @ts-check
// A report of what the lab has measured, in three forms. Pure: what goes in are figures and words, what comes out is text.
// Numbers are not rounded in CSV and JSON; in Markdown they are as on the screen.

import { lines } from "../csv.js";

/**
 * @typedef {object} Table
 * @property {string} id
 * @property {string} title
 * @property {{id: string, title: string}[]} columns
 * @property {(Cell | string)[][]} rows
 * @property {{at: string, seconds: number}} [run] when its figures were taken, and over how long: of what has a time
 */
/** A number with how the screen writes it; NaN is unknown. @typedef {{value: number, text: string}} Cell */
/**
 * @typedef {object} Report
 * @property {string} title
 * @property {{id: string, title: string, value: string | number | object[]}[]} conditions
 * @property {Table[]} tables
 * @property {{lane: string, at: number[], age_ms: number[]}[]} ages of each message when it came: at is Unix milliseconds on the
 *   server's clock
 */

/** @param {string | Cell} cell */
const text = (cell) => (typeof cell === "string" ? cell : cell.text);

/** Text in a Markdown table, whatever it says. @param {string} words */
function inTable(words) {
  return words.replace(/[\\`*_{}[\]<>|~]/g, "\\$&").replace(/\s+/g, " ").trim();
}

/** A list in one field. @param {string | number | object[]} value */
const flat = (value) => (typeof value === "object" ? JSON.stringify(value) : value);

/** @param {string[][]} rows the first is the head */
function pipes(rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [line(rows[0]), line(rows[0].map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.slice(1).map(line)].join("\n");
}

/** @param {Report} report */
export function markdown({ title, conditions, tables }) {
  const parts = [`# ${inTable(title)}`, conditions.map(({ title, value }) => `- ${inTable(title)}: ${inTable(String(flat(value)))}`).join("\n")];
  for (const { title, columns, rows } of tables) {
    parts.push(`## ${inTable(title)}`, pipes([columns.map(({ title }) => inTable(title)), ...rows.map((cells) => cells.map((cell) => inTable(text(cell))))]));
  }
  return `${parts.join("\n\n")}\n`;
}

/** @param {Report} report */
export function csv({ conditions, tables, ages }) {
  /** @type {(string | number | Cell)[][]} */
  const rows = conditions.map(({ id, value }) => ["condition", id, flat(value)]);
  for (const { id, run } of tables) if (run) rows.push(["run", id, run.at, run.seconds]);
  for (const { id, columns, rows: body } of tables) rows.push([], [id, ...columns.map(({ id }) => id)], ...body.map((cells) => [id, ...cells]));
  if (ages.length > 0) rows.push([], ["ages", "lane", "at", "age_ms"]);
  for (const { lane, at, age_ms: age } of ages) at.forEach((moment, i) => rows.push(["ages", lane, moment, age[i]]));
  return lines(rows.map((fields) => fields.map((field) => (typeof field === "object" ? field.value : field))));
}

/** @param {Report} report */
export function json({ title, conditions, tables, ages }) {
  const known = (/** @type {string | Cell} */ cell) => (typeof cell === "string" ? cell : Number.isFinite(cell.value) ? cell.value : null);
  return `${JSON.stringify({
    title,
    conditions: Object.fromEntries(conditions.map(({ id, value }) => [id, value])),
    runs: Object.fromEntries(tables.flatMap(({ id, run }) => (run ? [[id, run]] : []))),
    tables: Object.fromEntries(tables.map(({ id, columns, rows }) => [id, rows.map((cells) => Object.fromEntries(columns.map(({ id }, i) => [id, known(cells[i])])))])),
    ages,
  }, null, 2)}\n`;
}
