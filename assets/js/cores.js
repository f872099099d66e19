// @ts-check
// How busy each processor was, for the heat strip: one byte a core and sample, because a colour has no more. It is only
// kept while the page is open; history does not know single cores. Pure.

import { lastNotAfter } from "./store.js";

/** What a byte means: 0…254 is idle…busy, 255 is not known. */
export const blank = 255;
const full = 254;

export class Cores {
  /** first sample, and one behind the last */
  from = 0;
  to = 0;
  /** @type {string[]} */
  names = [];
  #capacity;
  #at;
  #busy = new Uint8Array(0);

  /** @param {number} capacity samples */
  constructor(capacity) {
    this.#capacity = capacity;
    this.#at = new Float64Array(2 * capacity);
  }

  get at() {
    return this.#at;
  }

  /** Sample i of core c is at i * names.length + c. */
  get busy() {
    return this.#busy;
  }

  /**
   * @param {number} at
   * @param {{name: string, busy: number | null}[]} cores others than before (one went offline) start anew
   */
  append(at, cores) {
    if (cores.length !== this.names.length || cores.some((core, c) => core.name !== this.names[c])) {
      this.names = cores.map((core) => core.name);
      this.#busy = new Uint8Array(2 * this.#capacity * cores.length);
      this.from = this.to = 0;
    }
    if (this.to > this.from && at <= this.#at[this.to - 1]) this.to = this.find(at - 1) + 1; // the clock was set back
    const n = this.names.length;
    if (this.to === 2 * this.#capacity) {
      this.#at.copyWithin(0, this.#capacity);
      this.#busy.copyWithin(0, this.#capacity * n);
      this.from = 0;
      this.to = this.#capacity;
    }
    const i = this.to++;
    if (this.to - this.from > this.#capacity) this.from++;
    this.#at[i] = at;
    for (let c = 0; c < n; c++) {
      const v = cores[c].busy;
      this.#busy[i * n + c] = v === null ? blank : Math.round(Math.min(1, v) * full);
    }
  }

  /**
   * @param {number} at
   * @returns {number} the last sample not after it, or from - 1
   */
  find(at) {
    return lastNotAfter(this.#at, this.from, this.to, at);
  }

  /**
   * @param {number} i sample
   * @param {number} c core
   * @returns {number} a ratio, NaN when not known
   */
  value(i, c) {
    const b = this.#busy[i * this.names.length + c];
    return i < this.from || i >= this.to || b === blank ? NaN : b / full;
  }
}
