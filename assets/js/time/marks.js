// @ts-check
// What happened that is worth a mark: asked of the server for the time shown, and come with messages. In the order of
// time, each once.

import { Refused } from "../api.js";

/** @typedef {import("../chart/crosshair.js").Mark} Mark */

/** Marks that are kept: more would be a wall. */
const most = 2000;
/** Milliseconds that the time shown must stand before it is asked about. */
const settled = 300;
/** Milliseconds until a question that failed is asked again. */
const again = 10_000;

export class Marks {
  #api;
  #changed;
  /** @type {Map<string, Mark>} */
  #marks = new Map();
  /** the time that was asked about */
  #from = NaN;
  #to = NaN;
  #timer = 0;
  #asking = false;
  #there = true;

  /**
   * @param {import("../api.js").API} api
   * @param {(marks: Mark[]) => void} changed
   */
  constructor(api, changed) {
    this.#api = api;
    this.#changed = changed;
  }

  /** @param {Mark[] | undefined} marks of a message */
  add(marks) {
    if (!Array.isArray(marks) || marks.length === 0) return;
    for (const { at, kind, text } of marks) {
      if (Number.isFinite(at)) this.#marks.set(`${at} ${kind} ${text}`, { at, kind: String(kind), text: String(text ?? "") });
    }
    const list = [...this.#marks.values()].sort((a, b) => a.at - b.at).slice(-most);
    this.#marks = new Map(list.map((mark) => [`${mark.at} ${mark.kind} ${mark.text}`, mark]));
    this.#changed(list);
  }

  /** This time is shown now. @param {number} from @param {number} to */
  cover(from, to) {
    if (!this.#there || this.#asking || Number.isNaN(from) || from >= this.#from && to <= this.#to) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(from, to), settled);
  }

  /** @param {number} from @param {number} to */
  async #ask(from, to) {
    this.#asking = true;
    try {
      const { marks } = await this.#api.marks(Math.max(0, from), to);
      this.#from = Math.min(from, this.#from || from);
      this.#to = Infinity; // what comes from now on comes with messages
      this.add(marks);
    } catch (error) {
      // A server that does not know the question will not learn it; one that does not answer is asked again.
      this.#there = !(error instanceof Refused && error.status >= 400 && error.status < 500);
      if (this.#there) await new Promise((resolve) => setTimeout(resolve, again));
    }
    this.#asking = false;
  }
}
