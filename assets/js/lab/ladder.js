// @ts-check
// Fallback as a ladder: begin with what surely works, try the rungs above it one by one, go up when one carries data, and
// down again when it stops doing so. A connection that merely opens proves nothing: a proxy may keep what comes by it. So a
// rung is tried by a viewer of its own, and counts when two messages came by it. The viewer that climbs changes over
// without a hole.

import { holding } from "../slots.js";
import { sleep } from "../transport/backoff.js";
import { techniques } from "../transport/transport.js";
import { Viewer } from "../viewer.js";

/** @typedef {import("../transport/transport.js").Technique} Technique */
/**
 * untried. probing: a viewer of its own is trying it. works: it has carried data. used: it carries this lane now.
 * refused: it carried none, `why` says what happened instead. failed: it had carried data and stopped.
 * @typedef {"untried" | "probing" | "works" | "used" | "refused" | "failed"} RungState
 */
/** open: it opened and nothing came. closed: it failed. full: the browser has no connection for it. @typedef {"" | "open" | "closed" | "full"} Why */
/** @typedef {{technique: Technique, state: RungState, why: Why, took: number}} Rung took: ms until two messages were there, or the patience that ended */
/** @typedef {{at: number, technique: Technique, state: RungState, why: Why, took: number}} Step */

/** All rungs there can be, from what surely works up. */
export const rungs = techniques;
/** Milliseconds a rung has until two messages must have come by it, beside the three intervals between them. */
const patience = 3000;
/** Milliseconds a rung that has failed may take to come back before the ladder goes down. */
const grace = 2000;
/** Milliseconds until what was refused is tried again: doubled each time. */
const again = { first: 30_000, most: 300_000 };
/** Milliseconds after which it is looked again whether the lane can climb. */
const look = 250;
/** Steps remembered. */
const most = 50;

export class Ladder {
  /** from the lowest, which surely works, to the highest @type {Rung[]} */
  rungs;
  /** what happened, the newest last @type {Step[]} */
  steps = [];
  #lane;
  #lab;
  #changed;
  /** on which it climbs; "": on none */
  #stage;
  #running = new AbortController();
  /** @type {number | undefined} */
  #falling;
  /** until what was refused is tried again; none while it is being tried @type {number | undefined} */
  #waiting;
  #pause = again.first;

  /**
   * @param {import("./lane.js").Lane} lane that climbs; it polls
   * @param {import("./lab.js").Lab} lab
   * @param {() => void} changed
   */
  constructor(lane, lab, changed) {
    this.#lane = lane;
    this.#lab = lab;
    this.#changed = changed;
    this.#stage = lab.playing;
    this.rungs = rungs.filter((technique) => lab.config.techniques.includes(technique))
      .map((technique) => ({ technique, state: "untried", why: "", took: NaN }));
    this.#set(this.#rung(lane.technique), "used");
    const { signal } = this.#running;
    const deaf = lane.viewer.listen({ onMessage: () => {}, onExchange: () => {}, onState: (_, state) => this.#heard(state) });
    signal.addEventListener("abort", () => {
      deaf();
      clearTimeout(this.#falling);
      clearTimeout(this.#waiting);
    });
    this.#climb();
  }

  /** Nobody climbs any more, and nothing is in use. */
  stop() {
    this.#running.abort();
    for (const rung of this.rungs) {
      if (rung.state === "used") rung.state = "works";
      if (rung.state === "probing") rung.state = "untried";
    }
  }

  /** The one in use. */
  get used() {
    return this.rungs.find((rung) => rung.state === "used");
  }

  /** @param {Technique} technique */
  #rung(technique) {
    return /** @type {Rung} */ (this.rungs.find((rung) => rung.technique === technique));
  }

  /** @param {Rung} rung @param {RungState} state @param {Why} [why] @param {number} [took] */
  #set(rung, state, why = "", took = NaN) {
    rung.state = state;
    rung.why = why;
    rung.took = took;
    this.steps.push({ at: Date.now(), technique: rung.technique, state, why, took });
    if (this.steps.length > most) this.steps.shift();
    this.#changed();
  }

  /** Tries what is above, rung by rung. */
  async #climb() {
    const { signal } = this.#running;
    for (const rung of this.rungs) {
      await this.#turn();
      if (signal.aborted) return;
      if (rung.state !== "untried" || this.rungs.indexOf(rung) < this.rungs.findIndex(({ state }) => state === "used")) continue;
      await this.#try(rung);
    }
    this.#later();
  }

  /** Until its lane runs and nothing else has the stage: what climbs meanwhile takes connections from it. */
  async #turn() {
    const { signal } = this.#running;
    while (!signal.aborted && (!this.#lane.running || this.#lab.playing !== this.#stage)) await sleep(look, signal);
  }

  /** What was refused may be allowed another time. */
  #later() {
    if (this.#running.signal.aborted) return;
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => {
      this.#waiting = undefined;
      const refused = this.rungs.filter(({ state }) => state === "refused" || state === "failed");
      for (const rung of refused) rung.state = "untried";
      if (refused.length > 0) this.#pause = Math.min(again.most, 2 * this.#pause);
      this.#climb();
    }, this.#pause);
  }

  /** @param {Rung} rung */
  async #try(rung) {
    const { signal } = this.#running;
    const key = `probe.${rung.technique}`;
    if (holding.has(rung.technique) && !this.#lab.slots.take(key, () => {}, true)) {
      this.#set(rung, "refused", "full");
      return;
    }
    this.#set(rung, "probing");
    const { carries, why, took } = await this.#probe(rung.technique);
    this.#lab.slots.give(key);
    await this.#turn();
    if (signal.aborted) return;
    if (!carries) {
      this.#set(rung, "refused", why, took);
      return;
    }
    this.#set(rung, "works", "", took);
    this.#use(rung);
  }

  /** @param {Technique} technique @returns {Promise<{carries: boolean, why: Why, took: number}>} */
  #probe(technique) {
    const { base, config } = this.#lab;
    const viewer = new Viewer({ base, technique, interval: () => config.interval });
    const began = performance.now();
    return new Promise((resolve) => {
      let messages = 0;
      let opened = false;
      const end = (/** @type {boolean} */ carries) => {
        clearTimeout(timer);
        this.#running.signal.removeEventListener("abort", leave);
        viewer.stop();
        resolve({ carries, why: carries ? "" : opened ? "open" : "closed", took: performance.now() - began });
      };
      const leave = () => end(false);
      const timer = setTimeout(leave, patience + 3 * config.interval);
      this.#running.signal.addEventListener("abort", leave);
      viewer.listen({
        onMessage: () => ++messages === 2 && end(true),
        onExchange: (_, { kind }) => {
          if (kind === "open") opened = true;
          if (kind === "error" && messages === 0) end(false);
        },
        onState: () => {},
      });
      viewer.start();
    });
  }

  /** Tells whether there is a connection for it. @param {Rung} rung */
  #use(rung) {
    const { viewer, key } = this.#lane;
    const { slots } = this.#lab;
    if (holding.has(rung.technique) && !slots.take(key, () => this.#fall())) {
      this.#set(rung, "refused", "full");
      return false;
    }
    const before = this.used;
    if (before) before.state = "works";
    viewer.switchTo(rung.technique);
    if (!holding.has(rung.technique)) slots.give(key);
    this.#set(rung, "used", "", rung.took);
    this.#lab.tell("lanes", {});
    return true;
  }

  /** How the connection in use is. @param {import("../viewer.js").ViewerState} state */
  #heard(state) {
    if (state === "open" || state === "paused") {
      clearTimeout(this.#falling);
      this.#falling = undefined;
    } else this.#falling ??= setTimeout(() => this.#fall(), grace + this.#lab.config.interval);
  }

  /** Down to the highest rung below that has worked and has a connection: the lowest holds none. */
  #fall() {
    this.#falling = undefined;
    const used = this.used;
    if (!used) return;
    const [lowest] = this.rungs;
    if (used === lowest) return;
    const below = this.rungs.slice(1, this.rungs.indexOf(used)).filter(({ state }) => state === "works").reverse();
    this.#set(used, "failed", "closed");
    [...below, lowest].some((rung) => this.#use(rung));
    this.#pause = again.first;
    if (this.#waiting !== undefined) this.#later();
  }
}
