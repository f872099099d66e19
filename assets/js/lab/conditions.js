// @ts-check
// Whether what a lesson or a trial has measured is its own: what somebody else broke on purpose meanwhile, messages that began
// anew, and lanes that were changed under it are in its figures too, and nobody could tell.

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
  /** techniques of viewers beside the lanes @type {Set<string>} */
  #crowds = new Set();
  #foreign = false;
  /** a lane was stopped, set to zero or changed, or the page hidden, where browsers let time pass in whole seconds */
  #disturbed = false;
  /** whoever plays sets a lane to zero */
  #zeroes = false;
  /** how each lane was when it began @type {Map<Lane, string>} */
  #was = new Map();
  /** which server it was, and which run of messages */
  /** @type {[number, string | undefined]} */
  #began = [NaN, undefined];
  /** when, on the server's clock */
  #from = NaN;
  #done = new AbortController();
  #measured = new AbortController();

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

  /** A lane is set to zero by whoever plays. @param {Lane} lane */
  zero(lane) {
    this.#zeroes = true;
    lane.resetCounts();
    this.#zeroes = false;
  }

  /** A lane is thinner by whoever plays. @param {Lane} lane */
  thins(lane) {
    this.#was.set(lane, how(lane));
  }

  /** Somebody else has interfered. */
  spoilt() {
    this.#foreign = true;
  }

  /** The measuring begins. */
  async begin() {
    const { signal } = this.#measured;
    const mine = (/** @type {Event} */ event) => [...this.#lanes.values()].includes(/** @type {CustomEvent} */ (event).detail.lane);
    this.#disturbed = document.hidden;
    for (const lane of this.#lanes.values()) this.#was.set(lane, how(lane));
    this.#lab.addEventListener("state", (event) => (this.#disturbed ||= mine(event) && !/** @type {CustomEvent} */ (event).detail.lane.running), { signal });
    this.#lab.addEventListener("reset", (event) => (this.#disturbed ||= mine(event) && !this.#zeroes), { signal });
    document.addEventListener("visibilitychange", () => (this.#disturbed ||= document.hidden), { signal });
    this.#from = this.#lab.clock.server(performance.now());
    // What the faults panel hears.
    this.#lab.addEventListener("faults", (event) => this.#hear(/** @type {CustomEvent} */ (event).detail), { signal: this.#done.signal });
    this.#began = await this.#ask();
  }

  /** It is over: the lanes may be changed. */
  over() {
    this.#measured.abort();
    for (const [lane, was] of this.#was) this.#disturbed ||= how(lane) !== was;
  }

  /** All is put back. @returns {Promise<string>} how it has ended, as a key of words */
  async end() {
    const [since, epoch] = await this.#ask();
    const anew = since !== this.#began[0] || (epoch && this.#began[1] && epoch !== this.#began[1]); // unknown until a message has come
    return anew ? "lessons.anew" : this.#foreign ? "lessons.foreign" : this.#disturbed ? "lessons.disturbed" : "lessons.done";
  }

  /** Nobody wants to know any more. */
  close() {
    this.#done.abort();
    this.#measured.abort();
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

/** What of a lane must be as it was; one that climbs changes its technique, the page's only with the page. @param {Lane} lane */
function how({ page, technique, viewer }) {
  return [viewer.id, viewer.every, viewer.conflate, page ? technique : ""].join(" ");
}

/** Where nothing can be broken, nothing is. @param {unknown} error @returns {{faults: Entry[]}} */
function none(error) {
  if (error instanceof Refused && [404, 405, 409].includes(error.status)) return { faults: [] };
  throw error;
}
