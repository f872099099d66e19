// @ts-check
// The verdict's sentence. The server says it in English; for readers of another language it is put together from its parts.

import { bytes, count, duration, rate } from "../format.js";
import { say, spoken, term } from "../words/words.js";

/** @typedef {{key: string, name?: string, pid?: number, figures?: Record<string, number>}} Phrase */
/** @typedef {{head?: string, seconds: number, at_least?: boolean, moment?: boolean, over?: number, phrases: Phrase[]}} Parts */
/** @typedef {{state: string, text: string, parts?: Parts}} Verdict */

/** How each figure of a phrase is written. @type {Record<string, (v: number) => string>} */
const formats = { share: part, bytes, in: rate, out: rate, minutes: count, n: count, of: count, port: String, rate: brief, cores: brief };

/**
 * @param {Verdict} verdict
 * @returns {string}
 */
export function sentence({ state, text, parts }) {
  if (spoken() === "en" || (!parts && text !== state)) return text;
  if (!parts) return term("host.verdict", state);
  const { head, seconds, at_least, moment, over, phrases } = parts;
  const told = [];
  if (head) told.push(term("server.head", head));
  if (head && !moment && seconds > 0) told.push(say(at_least ? "host.lasted_at_least" : "host.lasted", { time: duration(seconds) }));
  if (over) told.push(say("host.ended", { time: duration(over) }));
  const details = phrases.map(phrase).join(say("host.clause"));
  const whole = [told.join(say("host.clause")), details].filter(Boolean).join(say("host.colon"));
  return moment ? whole + say("host.clause") + say("host.happened", { time: duration(seconds) }) : whole;
}

/** @param {Phrase} phrase */
function phrase({ key, name, pid, figures = {} }) {
  /** @type {Record<string, string>} */
  const fill = { name: key === "also" ? term("server.head", name ?? "") : name || say("tables.scope_container"), pid: String(pid ?? "") };
  for (const [what, v] of Object.entries(figures)) fill[what] = (formats[what] ?? count)(v);
  return say(`server.phrase_${key}`, fill);
}

/** What is not all does not round to all, nor some to nothing. @param {number} ratio */
function part(ratio) {
  if (ratio > 0 && ratio < 0.01) return "<1 %";
  return `${Math.round(100 * (ratio > 0.99 && ratio < 1 ? 0.99 : ratio))} %`;
}

/** @param {number} v */
function brief(v) {
  return v >= 9.95 ? count(v) : String(Number(v.toFixed(1)));
}
