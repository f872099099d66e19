// @ts-check
// Whose clock times are told by: the server's, this browser's, or UTC. Moments are Unix milliseconds everywhere; only
// here do they become hours and days, so a day of 23 or 25 hours has as many hours on every axis and in every table.

import { recall, remember } from "./remember.js";

/** @typedef {"server" | "browser" | "utc"} Zone */

export const zones = /** @type {const} */ (["browser", "server", "utc"]);

const minute = 60_000;
const day = 24 * 60 * minute;
/** Offsets have changed at such moments and never in between. */
const quarter = 15 * minute;
/** Offsets that are kept. */
const most = 2000;

/** @type {Zone} */
let current = zones.find((zone) => zone === recall("zone")) ?? "browser";
/** what the server's zone is called, "" where it does not say, and how far it is from UTC then */
let server = { name: "", offset: 0 };
/** @type {Intl.DateTimeFormat | null} of the server's zone, where this browser knows it */
let format = null;
/** @type {Map<number, number>} offsets of the server's zone, by quarter of an hour */
const kept = new Map();

export function zone() {
  return current;
}

/** @param {Zone} next */
export function useZone(next) {
  current = next;
  remember("zone", next);
}

/**
 * What the server says of its zone. A browser that does not know the name takes the offset, which is right for now.
 * @param {{name?: string, offset_s?: number} | undefined} told
 */
export function learnServer(told) {
  server = { name: told?.name ?? "", offset: (told?.offset_s ?? 0) * 1000 };
  kept.clear();
  format = null;
  if (server.name === "") return;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: server.name, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
    });
  } catch {
    // A name that this browser has never heard of.
  }
}

/** What the zone in use is called by its people, "" where that is not known. */
export function zoneName() {
  if (current === "server") return server.name;
  return current === "utc" ? "" : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The zone in use as somebody elsewhere reads it: "Asia/Shanghai", "UTC", "UTC+05:30". @param {number} at a moment, where it has no name */
export function zoneSaid(at) {
  const ahead = offset(at) / minute;
  const [hours, minutes] = [Math.floor(Math.abs(ahead) / 60), Math.abs(ahead) % 60].map((n) => String(n).padStart(2, "0"));
  return zoneName() || (ahead === 0 ? "UTC" : `UTC${ahead < 0 ? "-" : "+"}${hours}:${minutes}`);
}

/**
 * How far local time is ahead of UTC at a moment.
 * @param {number} at Unix milliseconds
 * @param {Zone} [of]
 * @returns {number} milliseconds
 */
export function offset(at, of = current) {
  if (of === "utc") return 0;
  if (of === "browser") return -new Date(at).getTimezoneOffset() * minute;
  if (!format) return server.offset;
  const key = Math.floor(at / quarter);
  let found = kept.get(key);
  if (found === undefined) {
    if (kept.size >= most) kept.clear();
    kept.set(key, found = measured(format, key * quarter));
  }
  return found;
}

/**
 * A moment's hour and date are those that getUTC… of this date tells.
 * @param {number} at
 */
export function local(at) {
  return new Date(at + offset(at));
}

/**
 * The moment at which clocks of the zone show that; where they show it twice or never, one close by.
 * @param {number} shown as Date.UTC would have it
 */
export function momentOf(shown) {
  return shown - offset(shown - offset(shown));
}

/**
 * Moments at round local times, ascending: every `step` milliseconds, at midnights from a day on. Where the clock is
 * turned there are as many of them as hours have passed.
 * @param {number} from
 * @param {number} to
 * @param {number} step
 * @returns {number[]}
 */
export function roundTimes(from, to, step) {
  /** @type {number[]} */
  const out = [];
  if (step < day) {
    // In steps of what divides an hour, or a day, from the last round local time before.
    let at = from - mod(from + offset(from), step);
    for (; at <= to; at += step) {
      const away = mod(at + offset(at), step);
      const right = at - (away <= step / 2 ? away : away - step);
      if (right >= from && right <= to && right !== out.at(-1)) out.push(right);
    }
    return out;
  }
  for (let midnight = Math.ceil((from + offset(from)) / step) * step - step; ; midnight += step) {
    const at = momentOf(midnight);
    if (at > to) return out;
    if (at >= from) out.push(at);
  }
}

/** @param {number} v @param {number} by */
function mod(v, by) {
  return ((v % by) + by) % by;
}

/** @param {Intl.DateTimeFormat} by @param {number} at */
function measured(by, at) {
  /** @type {Record<string, number>} */
  const p = {};
  for (const { type, value } of by.formatToParts(at)) p[type] = Number(value);
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - at;
}
