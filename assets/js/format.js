// @ts-check
// Numbers to words: bytes, rates, ratios, durations, clocks. Thousands, dates and the words in durations are those of the
// reader's language; units that are signs (s, ms, KiB, %), the full stop before decimals and 24 hours are the same in all
// that there are. Unknown is never 0, it is an em dash.

import { measure } from "./measures.js";
import { inLanguage, locale, say } from "./words/words.js";
import { local } from "./zone.js";

export const unknown = "—";

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const bitUnits = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];
const countUnits = ["", "k", "M", "G", "T"];
const thousands = inLanguage(() => new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 }));
const days = inLanguage(() => new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeZone: "UTC" }));
const shortDays = inLanguage(() => new Intl.DateTimeFormat(locale(), { month: "short", day: "numeric", timeZone: "UTC" }));

/**
 * @param {number | null | undefined} v
 * @returns {v is number}
 */
export function known(v) {
  return typeof v === "number" && Number.isFinite(v);
}

/**
 * Three significant digits, so that a figure keeps its width while it moves.
 * @param {number} v
 * @returns {string}
 */
export function three(v) {
  const size = Math.abs(v);
  if (size < 9.995) return v.toFixed(2);
  if (size < 99.95) return v.toFixed(1);
  return v.toFixed(0);
}

/**
 * A number and its unit apart, for screens that set them in different sizes.
 * @param {number | null | undefined} v
 * @param {number} base 1000 or 1024
 * @param {string[]} units the first one is that of 1
 * @returns {[figure: string, unit: string]}
 */
function scaled(v, base, units) {
  if (!known(v)) return [unknown, ""];
  let i = 0;
  while (Math.abs(v) >= 999.5 && i < units.length - 1) {
    v /= base;
    i++;
  }
  return [i === 0 && Number.isInteger(v) ? String(v) : three(v), units[i]];
}

/**
 * @param {number | null | undefined} v
 * @returns {[figure: string, unit: string]}
 */
export function byteParts(v) {
  return scaled(known(v) ? Math.round(v) : v, 1024, byteUnits);
}

/**
 * @param {number | null | undefined} v bytes per second
 * @returns {[figure: string, unit: string]}
 */
export function rateParts(v) {
  const [figure, unit] = byteParts(v);
  return [figure, unit && `${unit}/s`];
}

/**
 * @param {number | null | undefined} v
 * @returns {string} "5.23 GiB"
 */
export function bytes(v) {
  return byteParts(v).join(" ").trimEnd();
}

/**
 * @param {number | null | undefined} v bytes per second
 * @returns {string} "5.23 MiB/s"
 */
export function rate(v) {
  return rateParts(v).join(" ").trimEnd();
}

/**
 * @param {number | null | undefined} v bytes per second, of a link
 * @returns {string} "1 Gbit/s", as links are sold
 */
export function bits(v) {
  if (!known(v)) return unknown;
  let [b, i] = [v * 8, 0];
  for (; b >= 1000 && i < bitUnits.length - 1; i++) b /= 1000;
  return `${Number(b.toPrecision(3))} ${bitUnits[i]}`;
}

/**
 * Traffic of a network, in the measure the reader likes.
 * @param {number | null | undefined} v bytes per second
 * @returns {[figure: string, unit: string]}
 */
export function flowParts(v) {
  return measure("traffic") === "bits" ? scaled(known(v) ? v * 8 : v, 1000, bitUnits) : rateParts(v);
}

/**
 * @param {number | null | undefined} v bytes per second
 * @returns {string} "5.23 MiB/s" or "41.8 Mbit/s"
 */
export function flow(v) {
  return flowParts(v).join(" ").trimEnd();
}

/**
 * @param {number | null | undefined} v a ratio: 1 is all of it
 * @returns {string} "12.4 %", one decimal below 100 and none above
 */
export function percent(v) {
  return known(v) ? `${percentFigure(v)} %` : unknown;
}

/**
 * @param {number | null | undefined} v a ratio
 * @returns {string} "12.4"
 */
export function percentFigure(v) {
  if (!known(v)) return unknown;
  const hundredths = v * 100;
  return hundredths.toFixed(hundredths < 99.95 ? 1 : 0);
}

/**
 * @param {number | null | undefined} v a whole number
 * @returns {string} "12,345"
 */
export function count(v) {
  return known(v) ? thousands().format(v) : unknown;
}

/**
 * @param {number | null | undefined} v
 * @returns {string} "1.2M": short, for axes
 */
export function short(v) {
  if (!known(v)) return unknown;
  let i = 0;
  while (Math.abs(v) >= 1000 && i < countUnits.length - 1) {
    v /= 1000;
    i++;
  }
  return `${Number(v.toFixed(2))}${countUnits[i]}`;
}

/**
 * @param {number | null | undefined} v bytes
 * @returns {string} "64 KiB": short, for axes, whose ticks are round numbers
 */
export function shortBytes(v) {
  if (!known(v)) return unknown;
  let i = 0;
  while (Math.abs(v) >= 1024 && i < byteUnits.length - 1) {
    v /= 1024;
    i++;
  }
  return `${Number(v.toFixed(2))} ${byteUnits[i]}`;
}

/**
 * @param {number | null | undefined} v seconds
 * @returns {string} two units: "12 d 4 h", "3 min 20 s"
 */
export function duration(v) {
  if (!known(v)) return unknown;
  const s = Math.floor(v);
  if (s < 60) return say("host.seconds", { s });
  if (s < 3600) return say("host.minutes_seconds", { min: Math.floor(s / 60), s: s % 60 });
  if (s < 86400) return say("host.hours_minutes", { h: Math.floor(s / 3600), min: Math.floor((s % 3600) / 60) });
  return say("host.days_hours", { d: Math.floor(s / 86400), h: Math.floor((s % 86400) / 3600) });
}

/**
 * @param {number | null | undefined} v seconds between two messages
 * @returns {string} "1 s", "0.1 s", "1 min"
 */
export function period(v) {
  if (!known(v)) return unknown;
  if (v >= 60) return say("host.minutes", { min: Number((v / 60).toFixed(1)) });
  return `${Number(v.toFixed(2))} s`;
}

/**
 * @param {number | null | undefined} v seconds; how old something on screen is
 * @returns {string} "0.04 s", "12.3 s", "3 min 20 s"
 */
export function age(v) {
  if (!known(v)) return unknown;
  if (v < 9.995) return `${Math.max(0, v).toFixed(2)} s`;
  if (v < 99.95) return `${v.toFixed(1)} s`;
  return duration(v);
}

/**
 * @param {number | null | undefined} v seconds; short and exact, for delays
 * @returns {string} "0.4 ms", "38 ms", "1.20 s"; nothing measurable is "< 0.1 ms"
 */
export function delay(v) {
  if (!known(v)) return unknown;
  const ms = v * 1000;
  if (ms < 0.05) return "< 0.1 ms";
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  return `${three(v)} s`;
}

/** @param {number} v @returns {string} */
function two(v) {
  return v < 10 ? `0${v}` : String(v);
}

/**
 * @param {number} at Unix milliseconds
 * @param {number} now NaN where that is not known
 * @returns {string} "14:05:30" where that says enough, "Nov 20, 2026 14:05" where it is not of today
 */
export function moment(at, now) {
  if (!known(at)) return unknown;
  const then = local(at);
  if (known(now) && local(now).toISOString().slice(0, 10) === then.toISOString().slice(0, 10)) return clock(at);
  return `${days().format(then)} ${clock(at, false)}`;
}

/**
 * @param {number} at Unix milliseconds
 * @returns {string} "Nov 20"
 */
export function date(at) {
  return known(at) ? shortDays().format(local(at)) : unknown;
}

/**
 * @param {number} at Unix milliseconds
 * @param {boolean} [seconds]
 * @returns {string} "14:05" or "14:05:30" in the zone in use
 */
export function clock(at, seconds = true) {
  if (!known(at)) return unknown;
  const d = local(at);
  const minutes = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
  return seconds ? `${minutes}:${two(d.getUTCSeconds())}` : minutes;
}
