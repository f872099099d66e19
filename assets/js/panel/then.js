// @ts-check
// The bar that says that the page shows a moment that has passed, which one, and the way back: one that was picked, or the
// end of a time that stands still. It asks for that moment and hands over what there is of it.

import { Refused } from "../api.js";
import { duration } from "../format.js";
import { thenAt } from "../time/then.js";
import { say } from "../words/words.js";
import { longMoment } from "./charts.js";
import { field, one, reveal, write } from "./dom.js";

/** @typedef {import("../time/then.js").Then} Moment */

/** Milliseconds that a moment must stand before it is asked for: a key held down goes through many. */
const settled = 120;
/** Milliseconds after a step in which a further one leads to the same place: so long a key held down waits to repeat, at most. */
const rest = 500;
/** Milliseconds until history is asked again that did not answer: as for charts. */
const pause = 5000;

export class ThenBar {
  #bar = one("#then");
  #time = field("then-time");
  #ago = field("then-ago");
  #note = field("then-note");
  #window;
  #api;
  #history;
  #got;
  #now;
  #asking = new AbortController();
  #timer = 0;
  /** until the steps have come to rest */
  #resting = 0;
  #asked = NaN;
  /** @type {Moment | null} */
  #then = null;

  /**
   * @param {import("../time/window.js").Window} window
   * @param {import("../api.js").API} api
   * @param {import("../time/history.js").History} history
   * @param {() => any} now the newest snapshot
   * @param {(then: Moment | null) => void} got what there is of the moment picked; null: none is picked
   */
  constructor(window, api, history, now, got) {
    this.#window = window;
    this.#api = api;
    this.#history = history;
    this.#now = now;
    this.#got = got;
    one("#then-live").addEventListener("click", () => window.resume());
    one("#then-earlier").addEventListener("click", () => this.step(-1));
    one("#then-later").addEventListener("click", () => this.step(1));
    document.addEventListener("keyup", () => this.#resting && this.#rest());
    window.follow(() => this.show());
  }

  /** A hundredth of what is in sight, a second at least. @param {1 | -1} by */
  step(by) {
    const { told, span, newest } = this.#window;
    if (Number.isNaN(told)) return;
    this.#window.pick(Math.min(newest, told + by * Math.max(1000, Math.round(span / 100))), false);
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#rest(), rest);
  }

  /** The moment stepped to is a place to go back to. */
  #rest() {
    clearTimeout(this.#resting);
    this.#resting = 0;
    this.#window.settle();
  }

  /** Time has gone on, or words are other ones. */
  show() {
    const { told, newest } = this.#window;
    if (!Object.is(told, this.#asked)) return this.#turn();
    const there = !Number.isNaN(told);
    reveal(this.#bar, there);
    document.documentElement.dataset.then = String(there);
    if (!there) return;
    write(this.#time, longMoment(told, newest));
    write(this.#ago, Number.isNaN(newest) ? "" : say("host.then_ago", { time: duration(Math.max(0, (newest - told) / 1000)) }));
    write(this.#note, this.#words());
  }

  #words() {
    if (!this.#then) return say("host.then_asking");
    if (this.#then.failed) return failure(this.#then);
    if (!this.#then.snapshot) return say("host.then_nothing");
    return this.#then.processes ? say("host.then_rest") : say("host.then_no_processes");
  }

  /** There is a first reading: it tells which devices there are, and a page that was opened at a moment asked before. */
  again() {
    if (!Number.isNaN(this.#window.told)) this.#turn();
  }

  /** Another moment, or none. */
  #turn() {
    const { told } = this.#window;
    this.#asked = told;
    this.#asking.abort();
    clearTimeout(this.#timer);
    this.#then = null;
    if (Number.isNaN(told)) {
      this.#got(null);
    } else {
      const asking = this.#asking = new AbortController();
      this.#timer = setTimeout(() => void this.#ask(told, asking.signal), settled);
    }
    this.show();
  }

  /** @param {number} at @param {AbortSignal} signal */
  async #ask(at, signal) {
    const found = await thenAt(this.#api, this.#history, at, this.#now(), signal)
      .catch((error) => ({ at, snapshot: null, taken: NaN, processes: null, listed: NaN, failed: error })); // not the figures of another moment
    if (signal.aborted) return;
    this.#then = found;
    if (found.failed) this.#timer = setTimeout(() => void this.#ask(at, signal), pause);
    this.#got(found);
    this.show();
  }
}

/** Why not all of a moment is known, in words; "" where there was an answer. @param {Moment} then */
export function failure({ failed }) {
  return failed ? say("host.then_failed", { why: failed instanceof Refused ? failed.message : String(failed) }) : "";
}
