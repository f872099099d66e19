// @ts-check
// The state of the page in its address: what is chosen stands in the query, so that a link opened elsewhere shows the same
// and the browser's back button goes back. The fragment is the view's. What is in the query and is nobody's stays there.

import { spanName, spanOf } from "../time/window.js";

/**
 * @typedef {object} Entry a piece of state
 * @property {string[]} keys of the query
 * @property {(full: boolean) => Record<string, string>} tell the keys that need saying; full: all, whatever is usual
 * @property {(query: URLSearchParams) => string[]} take what the query says; the keys whose values mean nothing
 * @property {() => void} [leave] the query of a place gone back to says nothing of it
 */

/** Milliseconds until what changes by and by is written. */
const settled = 400;

export class Address {
  #entries;
  #timer = 0;
  #applying = false;

  /**
   * @param {Entry[]} entries
   * @param {(bad: string[], query: URLSearchParams) => void} taken what the address says was taken, but for these keys, whose values mean nothing
   */
  constructor(entries, taken) {
    this.#entries = entries;
    const apply = (/** @type {boolean} */ again) => {
      this.#applying = true;
      const query = new URLSearchParams(location.search);
      const bad = entries.flatMap((entry) => {
        if (entry.keys.some((key) => query.has(key))) return entry.take(query);
        if (again) entry.leave?.();
        return [];
      });
      this.#applying = false;
      taken(bad, query);
    };
    apply(false);
    addEventListener("popstate", () => apply(true));
  }

  /** Something is another now. @param {boolean} [place] it is a place that the back button leads to */
  changed(place = false) {
    if (this.#applying) return;
    clearTimeout(this.#timer);
    if (place) this.#write(true);
    else this.#timer = setTimeout(() => this.#write(false), settled);
  }

  /** The address of what is on screen, with nothing left to what another browser remembers. */
  get full() {
    return new URL(this.#search(true) + location.hash, location.href).href;
  }

  /** @param {boolean} place */
  #write(place) {
    const search = this.#search(false);
    if (search === location.search) return;
    const url = location.pathname + search + location.hash;
    if (place) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
  }

  /** @param {boolean} full */
  #search(full) {
    const query = new URLSearchParams(location.search);
    for (const { keys, tell } of this.#entries) {
      const told = tell(full);
      for (const key of keys) {
        if (told[key] === undefined) query.delete(key);
        else query.set(key, told[key]);
      }
    }
    const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
    return text && `?${text}`;
  }
}

/** What others put into links on their way, as the server has it: campaigns, clicks, caches, keys for who stands in between. */
const foreign = /^(utm_|_|\d)|clk?id$|^(lastEventId|key|apikey|token|access_token|k|s)$/;

/**
 * What of an address means nothing here.
 * @param {URLSearchParams} query
 * @param {string} fragment
 * @param {string[]} mirrored the names that entries have
 * @param {Readonly<Record<string, readonly string[]>>} once others, with all that they may be
 * @param {string[]} places what a fragment may be
 * @returns {{values: {name: string, may: readonly string[]}[], names: string[], twice: string[]}} values that mean nothing, and what they may be; names that are nobody's; what is said more than once
 */
export function strays(query, fragment, mirrored, once, places) {
  const names = [...new Set(query.keys())];
  const values = names.filter((name) => Object.hasOwn(once, name) && !once[name].includes(query.get(name) ?? "")).map((name) => ({ name, may: once[name] }));
  // Behind "=" may be a secret that was meant for somewhere else.
  if (fragment !== "" && !places.includes(fragment)) values.push({ name: fragment.split("=")[0].slice(0, 32), may: places });
  const ours = (/** @type {string} */ name) => mirrored.includes(name) || Object.hasOwn(once, name);
  return { values, names: names.filter((name) => !ours(name) && !foreign.test(name)), twice: names.filter((name) => ours(name) && query.getAll(name).length > 1) };
}

/**
 * A piece of state that is one word.
 * @param {string} key
 * @param {() => string} get
 * @param {(value: string) => boolean} set false: there is no such value
 * @param {string} usual what needs no saying
 * @returns {Entry}
 */
export function word(key, get, set, usual) {
  return {
    keys: [key],
    tell: (full) => (full || get() !== usual ? { [key]: get() } : {}),
    take: (query) => (set(query.get(key) ?? "") ? [] : [key]),
  };
}

/** @param {number} at @returns {string} "2026-11-28T03:12:07Z" */
export function instant(at) {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

/**
 * A moment as an address says it: as in ISO 8601, or in Unix milliseconds.
 * @param {string | null} text
 * @returns {number} NaN where it is none
 */
export function instantOf(text) {
  if (text === null) return NaN;
  if (/^\d{12,14}$/.test(text)) return Number(text);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : NaN;
}

/**
 * The time shown.
 * @param {import("../time/window.js").Window} window
 * @param {string} usual name of a span
 * @returns {Entry}
 */
export function timeShown(window, usual) {
  return {
    keys: ["range", "from", "to", "at"],
    tell(full) {
      const { moment, live, span, from, to } = window;
      /** @type {Record<string, string>} */
      const told = Number.isNaN(moment) ? {} : { at: instant(moment) };
      if (live) return full || spanName(span) !== usual ? { ...told, range: spanName(span) } : told;
      return { ...told, from: instant(Math.round(from)), to: instant(Math.round(to)) };
    },
    take(query) {
      const bad = [];
      const range = query.get("range");
      const [from, to, at] = ["from", "to", "at"].map((key) => instantOf(query.get(key)));
      let { span } = window.place;
      let end = NaN;
      if (range !== null && spanOf(range) > 0) span = spanOf(range);
      else if (range !== null) bad.push("range");
      if (from < to) [span, end] = [to - from, to];
      else for (const key of ["from", "to"]) if (query.has(key)) bad.push(key);
      if (query.has("at") && Number.isNaN(at)) bad.push("at");
      if (!Number.isNaN(at) && (Number.isNaN(end) || at > end || at < end - span)) end = at + span / 2;
      window.restore({ span, end, moment: at });
      return bad;
    },
    leave() {
      window.restore({ span: spanOf(usual), end: NaN, moment: NaN });
    },
  };
}
