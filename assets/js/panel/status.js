// @ts-check
// How the connection is and how old the reading on screen is, in colour and in words. State changes are announced; age
// is not, it changes all the time.

import { age } from "../format.js";
import { caption, say } from "../words/words.js";
import { field, one, write } from "./dom.js";

/** @typedef {"connecting" | "open" | "waiting" | "full" | "offline" | "paused"} State */

/** Where age becomes late and where stale, in intervals. */
const late = 2;
const stale = 5;

export class Status {
  #link = one(".link");
  #state = field("state");
  #box = one(".staleness");
  #figure = field("age");
  #word = field("freshness");
  #announcer = one("#announcer");

  /**
   * @param {string} technique what it is called
   * @param {State} state
   */
  show(technique, state) {
    this.#link.dataset.state = state;
    const key = `host.state_${state}`;
    caption(this.#state, key);
    if (state !== "connecting") write(this.#announcer, `${technique}: ${say(key)}`);
  }

  /**
   * @param {number} seconds NaN when there is no reading
   * @param {number} interval seconds between two readings
   * @returns {boolean} whether it is stale
   */
  age(seconds, interval) {
    if (Number.isNaN(seconds)) return false;
    const freshness = seconds >= stale * interval ? "stale" : seconds >= late * interval ? "late" : "live";
    write(this.#figure, age(seconds));
    caption(this.#word, `host.freshness_${freshness}`);
    if (this.#box.dataset.freshness !== freshness) this.#box.dataset.freshness = freshness;
    return freshness === "stale";
  }
}
