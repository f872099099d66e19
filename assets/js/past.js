// @ts-check
// What happened before this page was opened, and while it was cut off: asked of the server's history, where it has one.

import { Refused } from "./api.js";
import { columns, historic } from "./series.js";

/** Points that a chart can show side by side, and what the server gives in one answer: series times points. */
const most = 900;
const numbers = 100_000;

export class Past {
  #api;
  #store;
  #filled;
  #there = true;
  /** asked before the first message comes, so that there is one answer less to wait for @type {Promise<{series: {name: string}[]}> | null} */
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

  /** It will be asked soon: what are the names? */
  prepare() {
    if (!this.#there) return;
    this.#early = this.#api.series();
    this.#early.catch(() => {}); // fill asks again
  }

  /** This server keeps no history. */
  none() {
    this.#there = false;
  }

  /**
   * @param {number} from Unix milliseconds on the server's clock
   * @param {number} to
   * @param {number} interval milliseconds between two samples
   * @param {any} snapshot which devices there are
   */
  async fill(from, to, interval, snapshot) {
    if (!this.#there || !(from < to)) return;
    try {
      const early = this.#early;
      this.#early = null;
      const { series } = (early && await early.catch(() => null)) ?? await this.#api.series();
      const names = historic(series.map((/** @type {{name: string}} */ s) => s.name), snapshot);
      if (names.length === 0) return;
      const points = Math.min(most, Math.floor(numbers / names.length), Math.ceil((to - from) / interval) + 1);
      this.#store.fill(columns(await this.#api.history(names, from, to, points)));
      this.#filled();
    } catch (error) {
      if (error instanceof Refused && error.status === 404) this.none();
    }
  }
}
