// @ts-check
// What happened that is worth a mark: asked of the server for the time shown, and come with messages. In the order of
// time, each once.

import { Refused } from "../api.js";

/** @typedef {import("../chart/crosshair.js").Mark} Mark */

/** Marks that are kept: more than a server keeps. */
const most = 5000;
/** Milliseconds that the time shown must stand before it is asked about. */
const settled = 300;
/** Milliseconds until a question that failed is asked again. */
const again = 10_000;

export class Marks {
  #api;
  #changed;
  /** @type {Map<string, Mark>} */
  #marks = new Map();
  /** from when on all are here, NaN: of no time; what comes now comes with messages */
  #from = NaN;
  /** the time that is to be asked about when it has stood long enough */
  #wish = { from: NaN, to: NaN };
  #timer = 0;
  /** how often messages have been missing */
  #lost = 0;
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

  /** Messages are missing, and their marks with them: they are to be asked for. */
  miss() {
    this.#lost++;
    this.#from = NaN;
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  /**
   * This time and what came after it can be shown now.
   * @param {number} from
   * @param {number} newest of what has come with messages
   */
  cover(from, newest) {
    if (!this.#there || this.#asking || !(from < newest) || from >= this.#from) return;
    if (this.#timer !== 0 && from >= this.#wish.from) return; // it waits: what moves on with time wishes for nothing new
    clearTimeout(this.#timer);
    this.#wish = { from, to: Number.isNaN(this.#from) ? newest : this.#from };
    this.#timer = setTimeout(() => void this.#ask(this.#wish), settled);
  }

  /** @param {{from: number, to: number}} wish */
  async #ask({ from, to }) {
    const lost = this.#lost;
    this.#timer = 0;
    this.#asking = true;
    try {
      const { marks, more } = await this.#api.marks(Math.max(0, from), to);
      // Of too many there are the newest: the others are asked for next, unless they are of one moment.
      if (lost === this.#lost) this.#from = more && marks[0]?.at < to ? marks[0].at : from;
      this.add(marks);
    } catch (error) {
      // A server that does not know the question will not learn it; one that does not answer, or has too much to do, is asked again.
      this.#there = !(error instanceof Refused && [400, 403, 404].includes(error.status));
      if (this.#there) await new Promise((resolve) => setTimeout(resolve, again));
    }
    this.#asking = false;
  }
}
