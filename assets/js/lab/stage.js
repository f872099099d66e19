// @ts-check
// Where a lesson plays: it has the lanes it needs and no others, its faults are for those alone, and when it ends, however
// it ends, everything is as it was before. What it sees is counted on real traffic.

import { Refused } from "../api.js";
import { allowed, hop } from "../slots.js";
import { sweep } from "../transport/polling.js";
import { Conditions } from "./conditions.js";
import { thin, whole } from "./thin.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("./lane.js").Lane} Lane */
/**
 * What a lane did while it was watched.
 * @typedef {object} Seen
 * @property {number} seconds
 * @property {import("./lane.js").Counts} counts as this page counts
 * @property {import("./figures.js").Figures | null} figures as the server counts on its socket; null where it does not
 * @property {number} requests asked by this page
 * @property {number} answers that brought messages
 * @property {number} empty answers
 * @property {number} median age on arrival, in seconds
 */

/** Milliseconds until a lane that brings nothing is given up. */
const patience = 15_000;

/**
 * What a stage is set for: a lesson, or a trial.
 * @typedef {object} Piece
 * @property {string} name of its file and its words
 * @property {number[]} claims of claims.js that it is about
 * @property {string[]} lanes that it needs
 * @property {readonly string[]} [uses] techniques that it asks by beside its lanes
 * @property {boolean} [meter] whether the server's counts are needed
 * @property {"faults" | "load"} [needs] what else the server must offer, to who may present
 * @property {(stage: Stage, seconds: number) => Promise<import("./lessons.js").Answer[]>} run
 */

/** A lesson that cannot be played here; the message is a key of words. */
export class Unable extends Error {}

/**
 * With a source as slow as this one a lesson would not see what its formula is about.
 * @param {number} there what there is @param {number} needed
 */
export function enough(there, needed) {
  if (there < needed) throw new Unable("lessons.too_slow");
}

export class Stage {
  #lab;
  #lesson;
  #signal;
  #tell;
  /** what undoes what was done, the last first @type {(() => unknown)[]} */
  #undo = [];
  /** @type {Map<string, Lane>} */
  #lanes = new Map();
  /** commands said on a lane's own connection */
  #said = 0;
  conditions;

  /**
   * @param {Lab} lab
   * @param {Piece} lesson
   * @param {AbortSignal} signal the lesson was left
   * @param {(part: number) => void} tell how much of the watching is over, from 0 to 1
   */
  constructor(lab, lesson, signal, tell) {
    this.#lab = lab;
    this.#lesson = lesson;
    this.#signal = signal;
    this.#tell = tell;
    this.conditions = new Conditions(lab, this.#lanes);
  }

  /** Seconds between two messages at the source. */
  get interval() {
    return this.#lab.config.interval / 1000;
  }

  /** Of a lane's interval, from one of its questions to the next while it sweeps. */
  get sweep() {
    return sweep;
  }

  /** By what the page came, as the browser calls it; "" where it does not say. */
  get hop() {
    return hop();
  }

  get api() {
    return this.#lab.api;
  }

  /** The lab itself, for what builds on its panels' parts. */
  get lab() {
    return this.#lab;
  }

  /** The address of something below api/v1/. @param {string} name @param {Record<string, string>} [query] */
  url(name, query = {}) {
    const url = new URL(name, this.#lab.base);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    return url.href;
  }

  /** The lesson's lanes run, and no others but the page's own. */
  async set() {
    if (this.#lesson.needs && (await this.api.login()).role === "viewer") throw new Unable("lessons.needs_presenter");
    const keys = this.#lesson.lanes;
    // One that waits for a connection would take the first that is free now; afterwards it comes behind those that ran.
    const others = this.#lab.lanes.filter((lane) => !lane.page && (lane.queued || (lane.running && !keys.includes(lane.key))))
      .sort((a, b) => Number(a.queued) - Number(b.queued));
    for (const lane of others) lane.stop();
    this.#undo.push(() => {
      for (const lane of others) if (this.#lab.isOpen && this.#lab.lanes.includes(lane)) this.#lab.launch(lane);
    });
    for (const key of keys) {
      const there = this.#lab.lane(key);
      const lane = there ?? this.#lab.add(key);
      this.#lanes.set(key, lane);
      if (!there) this.#undo.push(() => this.#lab.remove(lane));
      else if (!there.running) this.#undo.push(() => there.stop());
      await this.#plain(lane);
      this.#signal.throwIfAborted();
      this.#lab.launch(lane);
      if (lane.queued) throw new Unable("lessons.nothing_came");
    }
    await Promise.all(keys.map((key) => this.#arrived(this.lane(key))));
  }

  /** @param {string} key */
  lane(key) {
    const lane = this.#lanes.get(key);
    if (!lane) throw new Error(`the lesson has no lane ${key}`);
    return lane;
  }

  /** One of the browser's connections, to be held until the lesson ends. @param {() => void} release of what holds it */
  hold(release) {
    if (!this.#lab.slots.take("stage", release)) throw new Unable("lessons.nothing_came");
    this.later(() => {
      release();
      this.#lab.slots.give("stage");
    });
  }

  /**
   * All the connections that this browser can still have are the lesson's, until it ends: nobody begins to hold one
   * meanwhile. A page that polls long lets go of its own, which comes and goes.
   * @returns {{held: number, allowed: number | null}} how many are held already, here and in other tabs, and how many a browser
   *   allows; null: as many as it likes
   */
  seize() {
    const { slots, lanes } = this.#lab;
    const page = lanes.find((lane) => lane.page && lane.technique === "longpolling");
    if (page) {
      const { viewer } = page;
      viewer.stop();
      this.later(() => viewer.start());
    }
    const [held, limited] = [slots.own + slots.others, slots.room < Infinity];
    const keys = Array.from({ length: allowed }, (_, i) => `stage.${i}`);
    for (const key of keys) slots.take(key, () => {}, true);
    this.later(() => keys.forEach((key) => slots.give(key)));
    return { held, allowed: limited ? allowed : null };
  }

  /** To be done when the lesson ends, however it ends. @param {() => unknown} undo */
  later(undo) {
    this.#undo.push(undo);
  }

  /**
   * What the server has counted of a viewer that is not a lane's; null where it sees bodies only.
   * @param {string} viewer
   * @param {import("../transport/transport.js").Technique} technique
   * @returns {Promise<import("./figures.js").Figures | null>}
   */
  async cost(viewer, technique) {
    const figures = (await this.api.wire(viewer)).transports?.[technique];
    return figures && figures.measured !== "body" ? figures : null;
  }

  /**
   * Breaks something for one lane, until the lesson ends.
   * @param {string} key of the lane
   * @param {object | null} fault as POST faults takes it
   */
  async fault(key, fault) {
    const lane = this.lane(key);
    const { viewer, technique } = lane;
    const scope = { viewer: viewer.id, technique };
    this.conditions.owns(scope);
    const heal = () => this.api.post("faults", { ...scope, fault: null });
    if (fault) this.#undo.push(heal); // before it is answered: it may be heard there, and not be answered here
    try {
      await this.api.post("faults", { ...scope, fault, ...(fault && { lifetime: `${Math.min(3600, Math.ceil(120 + 20 * this.interval))}s` }) }); // longer than any lesson
    } catch (error) {
      if (error instanceof Refused && error.status > 0) this.#undo = this.#undo.filter((undo) => undo !== heal);
      if (error instanceof Refused && error.status === 403) throw new Unable("lessons.needs_presenter");
      if (error instanceof Refused && [404, 405, 409].includes(error.status)) throw new Unable("lessons.needs_faults");
      throw error;
    }
    const at = performance.now();
    if (fault) lane.provoke(at);
    this.#lab.tell("fault", { lane, fault, at });
  }

  /**
   * Of what waits for it, a lane is given the newest only, until the lesson ends.
   * @param {string} key of the lane
   */
  async conflate(key) {
    const lane = this.lane(key);
    const { viewer } = lane;
    this.#undo.push(() => thin(this.api, viewer, { conflate: false }));
    await thin(this.api, viewer, { conflate: true });
    this.conditions.thins(lane);
  }

  /**
   * Asks something on a lane's own connection.
   * @param {string} key of the lane
   * @returns {Promise<number>} seconds until it was answered
   */
  async answered(key) {
    const lane = this.lane(key);
    const done = new AbortController();
    const ping = `stage ${++this.#said}`; // no other's on this lane: those are numbers
    let heard = NaN;
    this.#lab.addEventListener("answer", (event) => {
      const { lane: of, answer } = /** @type {CustomEvent} */ (event).detail;
      if (of === lane && answer.pong === ping) heard = performance.now();
    }, { signal: done.signal });
    try {
      const asked = performance.now();
      lane.viewer.say({ ping });
      const took = await this.until(() => !Number.isNaN(heard), patience / 1000);
      if (Number.isNaN(took)) throw new Unable("lessons.nothing_came");
      return (heard - asked) / 1000;
    } finally {
      done.abort();
    }
  }

  /**
   * So many viewers, for so long.
   * @param {string} technique
   * @param {number} viewers
   * @param {number} seconds
   * @param {{cut_every?: string, origin?: string}} [more] what else POST load takes
   * @returns {Promise<any>} how it went, as GET load tells
   */
  async crowd(technique, viewers, seconds, more = {}) {
    this.conditions.joins(technique);
    /** @type {any} */
    let state;
    try {
      state = await this.api.post("load", { technique, viewers, duration: `${seconds}s`, ...more });
    } catch (error) {
      if (error instanceof Refused && [404, 409].includes(error.status)) throw new Unable("lessons.needs_crowd");
      throw error;
    }
    const { began } = state;
    this.#undo.push(async () => {
      if (!state.running) return;
      const now = await this.api.get("load");
      if (now.began === began && now.running) await this.api.remove("load"); // another's is not ours to stop
    });
    const from = performance.now();
    while (state.running) {
      this.#tell(Math.min(1, (performance.now() - from) / 1000 / (2 * seconds)));
      await this.sleep(1000);
      const now = await this.api.get("load");
      if (now.began !== began) { // ours was stopped, and another is there
        this.conditions.spoilt();
        return state;
      }
      state = now;
    }
    // Nobody gets in from elsewhere, which is what is to be seen.
    if (state.reason === "failed" && !(more.origin && state.refused > 0)) throw new Error(state.error);
    if (state.reason === "stopped") this.conditions.spoilt();
    return state;
  }

  /**
   * Counts what the lanes do from now on.
   * @param {number} seconds
   * @returns {Promise<(key: string) => Seen>}
   */
  async watch(seconds) {
    /** @type {Map<Lane, {requests: number, answers: number, empty: number}>} */
    const tallies = new Map();
    for (const lane of this.#lanes.values()) {
      this.conditions.zero(lane);
      tallies.set(lane, { requests: 0, answers: 0, empty: 0 });
    }
    const done = new AbortController();
    this.#lab.addEventListener("exchange", (event) => {
      const { lane, exchange } = /** @type {CustomEvent} */ (event).detail;
      const tally = tallies.get(lane);
      if (!tally) return;
      if (exchange.kind === "request") tally.requests++;
      else if (exchange.kind === "messages") tally.answers++;
      else if (exchange.kind === "empty") tally.empty++;
    }, { signal: done.signal });
    const began = performance.now();
    try {
      for (let gone = 0; gone < seconds * 1000; gone = performance.now() - began) {
        this.#tell(gone / (seconds * 1000));
        await this.sleep(100);
      }
      for (const lane of this.#lanes.values()) await lane.measure();
    } finally {
      done.abort();
    }
    this.#signal.throwIfAborted();
    for (const { figures } of this.#lesson.meter ? this.#lanes.values() : []) {
      if (!figures || figures.measured === "body") throw new Unable("lessons.needs_meter");
    }
    const span = (performance.now() - began) / 1000;
    return (key) => {
      const lane = this.lane(key);
      const [median] = lane.ages.percentiles([0.5], this.#lab.clock.offset);
      return { seconds: span, counts: lane.counts, figures: lane.figures, median, ...(tallies.get(lane) ?? { requests: 0, answers: 0, empty: 0 }) };
    };
  }

  /**
   * Waits for something to come about.
   * @param {() => boolean} isSo
   * @param {number} seconds until it is given up
   * @returns {Promise<number>} how many seconds that took; NaN when it did not come about
   */
  async until(isSo, seconds) {
    const began = performance.now();
    while (!isSo()) {
      const gone = (performance.now() - began) / 1000;
      if (gone > seconds) return NaN;
      this.#tell(gone / seconds);
      await this.sleep(10);
    }
    return (performance.now() - began) / 1000;
  }

  /** @param {number} ms */
  sleep(ms) {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) return reject(this.#signal.reason);
      const left = () => {
        clearTimeout(timer);
        reject(this.#signal.reason);
      };
      const timer = setTimeout(() => {
        this.#signal.removeEventListener("abort", left);
        resolve(undefined);
      }, ms);
      this.#signal.addEventListener("abort", left, { once: true });
    });
  }

  /** Puts everything back. What cannot be put back now, heals by itself: faults have a lifetime. */
  async restore() {
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo();
      } catch {
        // The server is gone, or has forgotten it already.
      }
    }
  }

  /** A lane is what its kind says and no thinner, whatever was chosen for it, until the lesson ends. @param {Lane} lane */
  async #plain({ viewer, phase: usual }) {
    const { phase, every, conflate } = viewer;
    const thinned = every > 0 || conflate;
    viewer.phase = usual;
    this.#undo.push(() => {
      if (!this.#lab.isOpen) return undefined; // then it is the page's, or nobody's
      viewer.phase = phase;
      return thinned && thin(this.api, viewer, { every, conflate });
    });
    if (!thinned) return;
    try {
      await thin(this.api, viewer, whole);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 404)) throw error;
      viewer.conflate = false; // the server knows nobody of this name, and leaves nothing out
    }
  }

  /** @param {Lane} lane */
  async #arrived(lane) {
    const before = lane.viewer.counts.messages;
    const took = await this.until(() => lane.viewer.counts.messages > before, patience / 1000);
    if (Number.isNaN(took)) throw new Unable("lessons.nothing_came");
  }
}
