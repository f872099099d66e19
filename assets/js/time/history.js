// @ts-check
// History's answers to questions for series that may not be there: what the server does not know is left out, and is
// unknown in the answer.

import { Refused } from "../api.js";

export class History {
  #api;
  /** @type {Map<string, string> | null} units by name, once the server has told */
  #known = null;
  /** when that was, on performance.now()'s clock */
  #told = NaN;
  /** what has been asked ahead, and when @type {{series: Promise<any>, at: number} | null} */
  #early = null;

  /** @param {import("../api.js").API} api */
  constructor(api) {
    this.#api = api;
  }

  /** @param {Promise<any>} series the names, which will be wanted soon */
  prepare(series) {
    this.#early = { series, at: performance.now() };
  }

  /** The names of the series that there were around a moment: the list of now forgets what is gone. @param {number} at @param {AbortSignal} [signal] */
  async around(at, signal) {
    const { series } = await this.#api.series(at, signal);
    return new Set(series.map((/** @type {{name: string}} */ { name }) => name));
  }

  /** The series there are, by name with their units. @param {number} [old] milliseconds that the list may be old */
  async series(old = Infinity) {
    if (!this.#known || performance.now() - this.#told >= old) {
      const early = this.#early && performance.now() - this.#early.at < old ? this.#early : null;
      this.#early = null;
      const asked = early?.at ?? performance.now();
      const { series } = (await early?.series.catch(() => null)) ?? await this.#api.series();
      this.#known = new Map(series.map((/** @type {{name: string, unit: string}} */ { name, unit }) => [name, unit]));
      this.#told = asked;
    }
    return this.#known;
  }

  /**
   * @param {string[]} names
   * @param {number} from Unix milliseconds
   * @param {number} to
   * @param {number} points
   * @param {AbortSignal} [signal]
   * @param {{has: (name: string) => boolean}} [there] the names there are, where it is known better than by the list of now
   * @returns {Promise<{at: number[], until?: number, series: {name: string, unit: string, avg: (number | null)[], min: (number | null)[], max: (number | null)[]}[]}>}
   */
  async ask(names, from, to, points, signal, there) {
    /** @type {{has: (name: string) => boolean}} */
    let known = there ?? await this.series();
    if (!there && !names.every((name) => known.has(name))) known = await this.series(0);
    try {
      return await this.#answer(names, known, from, to, points, signal);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 400)) throw error;
      known = await this.series(0); // it has forgotten one of them since it told: a device is gone
      return this.#answer(names, known, from, to, points, signal);
    }
  }

  /** @param {string[]} names @param {{has: (name: string) => boolean}} known @param {number} from @param {number} to @param {number} points @param {AbortSignal} [signal] */
  async #answer(names, known, from, to, points, signal) {
    const there = names.filter((name) => known.has(name));
    return there.length > 0 ? this.#api.history(there, from, to, points, signal) : { at: [], series: [] };
  }
}
