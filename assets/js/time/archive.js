// @ts-check
// What to draw for a window: what the page has kept, or what history answers. One question is under way at a time; one
// that nobody needs any more is given up. Answers are kept, so that the way back shows at once.

import { Refused } from "../api.js";
import { reach } from "../past.js";
import { Stretch } from "./stretch.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("./window.js").Window} Window */

/** What the server gives in one answer: series times points. */
const numbers = 100_000;
/** Points of a chart at most, and what is asked for beside the window, in windows: for panning. */
const points = 1400;
const beside = 0.25;
/** Answers that are kept. */
const most = 8;
/** Milliseconds that a window must stand before it is asked for: a wheel turns through many. */
const settled = 90;
/** How much coarser than one row a pixel an answer may be before it is asked for anew. */
const coarse = 1.6;

export class Archive {
  #ask;
  #store;
  #names;
  #changed;
  /** newest use last @type {Stretch[]} */
  #kept = [];
  #series = "";
  #asking = new AbortController();
  #wanted = "";
  #timer = 0;
  /** "" unless the last question failed */
  problem = "";
  /** whether an answer is awaited */
  waiting = false;
  #there = true;

  /**
   * @param {(names: string[], from: number, to: number, points: number, signal: AbortSignal) => Promise<any>} ask history
   * @param {Store} store what the page has kept
   * @param {() => string[]} names of the series to ask for
   * @param {() => void} changed there is something else to draw
   */
  constructor(ask, store, names, changed) {
    this.#ask = ask;
    this.#store = store;
    this.#names = names;
    this.#changed = changed;
  }

  /** This server keeps no history. */
  none() {
    this.#there = false;
  }

  /**
   * A live reading.
   * @param {number} at
   * @param {number} interval
   * @param {Record<string, number | null | undefined>} row
   */
  append(at, interval, row) {
    this.#kept = this.#kept.filter(({ newest }) => !(newest > at)); // by a clock that was set back: what is later never was
    for (const stretch of this.#kept) if (at - stretch.end <= 3 * Math.max(interval, stretch.step)) stretch.append(at, interval, row);
  }

  /**
   * What there is to draw now for this window; a better answer is asked for where it pays.
   * @param {Window} window
   * @param {number} width pixels
   * @returns {Store}
   */
  show(window, width) {
    const { from, to, span } = window;
    if (!this.#there || Number.isNaN(to) || Number.isNaN(window.newest) /* how far it may be asked is not known yet */ || this.#own(window)) {
      this.#forget();
      return this.#store;
    }
    const series = this.#names().join();
    if (series !== this.#series) {
      this.#series = series;
      this.#kept = [];
    }
    const step = span / Math.max(100, width);
    const finest = (Math.min(to + beside * span, window.newest) - (from - beside * span)) / this.#points; // that there is an answer for
    const right = Math.min(to, window.newest);
    const fits = this.#kept.filter((s) => s.begin <= from && s.end >= right - 3 * Math.max(s.step, 1000) && s.step <= Math.max(1000, coarse * step, finest) && !s.full);
    const best = fits.reduce((/** @type {Stretch | null} */ a, b) => (!a || b.step < a.step ? b : a), null);
    if (best) {
      this.#use(best);
      this.#forget();
      return best;
    }
    this.#want(from, to, window, step);
    return this.#nearest(from, to) ?? this.#store;
  }

  /** How many an answer has at most. */
  get #points() {
    return Math.min(points, Math.floor(numbers / this.#series.split(",").length));
  }

  /** Whether the page itself has all that there is of that time. @param {Window} window */
  #own({ from, span, live }) {
    const store = this.#store;
    return store.length > 0 && (store.at[store.from] <= from || live && span <= reach);
  }

  /** The answer that has most of that time, to look at meanwhile. @param {number} from @param {number} to */
  #nearest(from, to) {
    let most = null;
    let best = 0;
    for (const stretch of this.#kept) {
      const common = Math.min(to, stretch.end) - Math.max(from, stretch.begin);
      if (common > best) [most, best] = [stretch, common];
    }
    return most;
  }

  /** @param {Stretch} stretch */
  #use(stretch) {
    if (this.#kept.at(-1) === stretch) return;
    this.#kept = [...this.#kept.filter((other) => other !== stretch), stretch];
  }

  /** Nobody waits for an answer. */
  #forget() {
    if (this.#wanted === "") return;
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#wanted = "";
    this.waiting = false;
    this.problem = "";
  }

  /** @param {number} from @param {number} to @param {Window} window @param {number} step */
  #want(from, to, window, step) {
    const span = window.span;
    // A window that slides with the newest reading is the same wish all the time.
    const wish = `${window.live ? "live" : `${Math.round(from / step)} ${Math.round(to / step)}`} ${Math.round(span)} ${this.#series.length}`;
    if (wish === this.#wanted) return;
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#wanted = wish;
    this.waiting = true;
    const asking = this.#asking = new AbortController();
    const wait = this.#kept.length > 0 ? settled : 0; // a page that opens has no hand at its wheel
    this.#timer = setTimeout(() => this.#fetch(from - beside * span, Math.min(to + beside * span, window.newest), step, asking.signal), wait);
  }

  /** @param {number} from @param {number} to @param {number} step @param {AbortSignal} signal */
  async #fetch(from, to, step, signal) {
    const names = this.#series.split(",");
    const begin = Math.max(0, Math.ceil(from));
    const end = Math.floor(to);
    const n = Math.max(2, Math.min(this.#points, Math.ceil((end - begin) / Math.max(1000, step)) + 1));
    try {
      const answer = await this.#ask(names, begin, end, n, signal);
      if (signal.aborted) return;
      this.#kept.push(new Stretch(answer, begin, end, (end - begin) / n));
      if (this.#kept.length > most) this.#kept.shift();
      this.problem = "";
    } catch (error) {
      if (signal.aborted) return;
      this.problem = error instanceof Refused ? error.message : String(error);
    }
    this.#wanted = this.problem === "" ? "" : this.#wanted;
    this.waiting = false;
    this.#changed();
    if (this.problem !== "") setTimeout(() => { if (!signal.aborted) this.#wanted = ""; }, 5000);
  }
}
