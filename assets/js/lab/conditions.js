// @ts-check
// Whether what a lesson or a trial has measured is its own: what somebody else broke on purpose meanwhile, and messages that
// began anew, are in its figures too, and nobody could tell.

import { Refused } from "../api.js";

/** @typedef {import("./inforce.js").Entry} Entry */
/** @typedef {import("./lane.js").Lane} Lane */

/** @param {Entry} entry @param {Lane} lane */
export function concerns({ viewer, technique }, lane) {
  return (!viewer || viewer === lane.viewer.id) && (!technique || technique === lane.technique);
}

export class Conditions {
  #lab;
  #lanes;
  /** what is broken by whoever plays, as whom it concerns @type {Set<string>} */
  #own = new Set();
  /** of viewers beside the lanes @type {Set<string>} */
  #crowds = new Set();
  #foreign = false;
  /** which server it was, and which run of messages */
  /** @type {[number, string | undefined]} */
  #began = [NaN, undefined];
  /** when, on the server's clock */
  #from = NaN;
  #done = new AbortController();

  /** @param {import("./lab.js").Lab} lab @param {Map<string, Lane>} lanes that play */
  constructor(lab, lanes) {
    this.#lab = lab;
    this.#lanes = lanes;
  }

  /** It is no surprise that these are broken. @param {import("./inforce.js").Scope} scope */
  owns({ viewer, technique }) {
    this.#own.add(`${viewer} ${technique}`);
  }

  /** Others than the lanes play too. @param {string} technique */
  joins(technique) {
    this.#crowds.add(technique);
  }

  /** The measuring begins. */
  async begin() {
    this.#from = this.#lab.clock.server(performance.now());
    // What the faults panel hears.
    this.#lab.addEventListener("faults", (event) => this.#hear(/** @type {CustomEvent} */ (event).detail), { signal: this.#done.signal });
    this.#began = await this.#ask();
  }

  /** It has ended. @returns {Promise<string>} how, as a key of words */
  async end() {
    const [since, epoch] = await this.#ask();
    const anew = since !== this.#began[0] || (epoch && this.#began[1] && epoch !== this.#began[1]); // unknown until a message has come
    return anew ? "lessons.anew" : this.#foreign ? "lessons.foreign" : "lessons.done";
  }

  /** Nobody wants to know any more. */
  close() {
    this.#done.abort();
  }

  /** Since when the meter counts, and the epoch, where there is one. @returns {Promise<[number, string | undefined]>} */
  async #ask() {
    const { api, lanes } = this.#lab;
    const viewer = [...this.#lanes.values()].map(({ viewer }) => viewer.id).join();
    const [wire, faults] = await Promise.all([api.wire(lanes[0].viewer.id), api.get("faults", viewer ? { viewer } : {}).catch(none)]);
    this.#hear(faults);
    const newest = lanes.flatMap((lane) => lane.newest ?? []).sort((a, b) => b.received - a.received)[0];
    return [wire.since, newest?.epoch];
  }

  /** @param {{faults: Entry[], over?: Entry[]}} heard in force, and what was */
  #hear({ faults, over = [] }) {
    this.#foreign ||= [...faults, ...over.filter(({ until }) => until > this.#from)].some((entry) => !this.#own.has(`${entry.viewer} ${entry.technique}`) && this.#concerned(entry));
  }

  /** @param {Entry} entry */
  #concerned(entry) {
    if ([...this.#lanes.values()].some((lane) => concerns(entry, lane))) return true;
    return !entry.viewer && (!entry.technique || this.#lanes.size === 0 || this.#crowds.has(entry.technique));
  }
}

/** Where nothing can be broken, nothing is. @param {unknown} error @returns {{faults: Entry[]}} */
function none(error) {
  if (error instanceof Refused && [404, 405, 409].includes(error.status)) return { faults: [] };
  throw error;
}
