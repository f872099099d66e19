// @ts-check
// What happened before this page was opened, and while it was cut off: asked of the server's history, where it has one.

import { columns, historic } from "./series.js";

/** Points that a chart can show side by side, and what the server gives in one answer: series times points. */
const most = 900;
const numbers = 100_000;
/** Milliseconds before the newest reading that the page fills from history by itself. */
export const reach = 15 * 60_000;

export class Past {
  #api;
  #store;
  #filled;
  #there = true;
  /** asked before the first message comes, so that there is one answer less to wait for @type {Promise<{series: {name: string}[], tiers?: {from?: number}[]}> | null} */
  #early = null;

  /**
   * @param {import("./api.js").API} api
   * @param {import("./store.js").Store} store
   * @param {() => void} filled the store has more than before
   */
  constructor(api, store, filled) {
    this.#api = api;
    this.#store = store;
    this.#filled = filled;
  }

  /** @param {Promise<any>} series the names, which will be wanted soon */
  prepare(series) {
    this.#early = series;
  }

  /** This server keeps no history. */
  none() {
    this.#there = false;
  }

  /**
   * A reading comes that none is known to be right before: the first, or one behind a gap. What happened there is filled in, as
   * far back as it can be in full. Of more the archive tells, which asks for what is looked at and has its peaks; but not while
   * the store goes back further: so where the server knows more, what was kept before the gap is forgotten.
   * @param {number} at when it was taken, Unix milliseconds
   * @param {number} interval milliseconds between two samples
   * @param {any} snapshot which devices there are
   */
  async begin(at, interval, snapshot) {
    const before = this.#store.newest;
    this.#store.gap();
    const from = at - before <= reach ? before : at - reach;
    if (!this.#there || !(from < at)) return;
    try {
      const early = this.#early;
      this.#early = null;
      const { series, tiers = [] } = (early && await early.catch(() => null)) ?? await this.#api.series();
      if (before < from && tiers.some((/** @type {{from?: number}} */ tier) => Number(tier.from) <= from)) this.#store.forget(before + 1);
      const names = historic(series.map((/** @type {{name: string}} */ s) => s.name), snapshot);
      if (names.length === 0) return;
      const points = Math.min(most, Math.floor(numbers / names.length), Math.ceil((at - from) / interval) + 1);
      this.#store.fill(columns(await this.#api.history(names, from, at, points, undefined, { only: "avg" })));
      this.#filled();
    } catch {
      // Charts begin with what comes: the next gap asks again.
    }
  }
}
