// @ts-check
// What all of it comes to, in a sentence. Told aloud when its meaning changes, not each second it goes on.

import { clock, moment } from "../format.js";
import { say, term } from "../words/words.js";
import { sentence } from "./sentence.js";
import { attribute, field, one, reveal, write } from "./dom.js";

/** @typedef {{state: "healthy" | "busy" | "bad" | "unknown" | string, resource?: string, text: string, since: number, pid?: number, parts?: import("./sentence.js").Parts}} Reading */

export class Verdict {
  #box = one("#verdict");
  #line = one("#verdict .verdict-line");
  #word = field("verdict-word");
  #text = field("verdict-text");
  #since = field("verdict-since");
  #asOf = field("as-of");
  #announcer = one("#verdict-announcer");
  #told = "";
  /** @type {number | null} what stale was called with */
  #old = null;

  /**
   * @param {any} s snapshot
   * @param {number} at when it was taken, Unix milliseconds
   */
  show(s, at) {
    /** @type {Reading | undefined} */
    const verdict = s.verdict;
    attribute(this.#line, "data-told", String(Boolean(verdict)));
    this.#reveal();
    if (!verdict) return;
    attribute(this.#box, "data-state", verdict.state);
    write(this.#word, term("host.verdict", verdict.state));
    // The word says it already: "healthy; the kernel killed a process 4 min ago" goes on behind it.
    const text = sentence(verdict);
    const word = term("host.verdict", verdict.state);
    const rest = verdict.state === "healthy" && text.startsWith(word) ? text.slice(word.length).replace(/^[;,]?\s*/, "") : text;
    write(this.#text, rest === word ? "" : rest);
    write(this.#since, say(verdict.parts?.at_least ? "host.since_or_before" : "host.since", { time: moment(verdict.since, at) }));
    const meaning = [verdict.state, verdict.resource].join(" "); // whose fault it is may change each second
    if (meaning === this.#told) return;
    // The first one is read with the page.
    if (this.#told !== "") write(this.#announcer, text);
    this.#told = meaning;
  }

  /**
   * A moment that has passed: no verdict is kept of it, its figures are.
   * @param {string} figures in words
   */
  then(figures) {
    attribute(this.#line, "data-told", "true");
    attribute(this.#box, "data-state", "then");
    write(this.#word, say("host.verdict_of_then"));
    write(this.#text, figures);
    write(this.#since, "");
    this.#reveal();
  }

  /**
   * What is on screen is old, or is not.
   * @param {number | null} at when it was taken, Unix milliseconds; null when it is fresh
   */
  stale(at) {
    this.#old = at;
    const words = at === null ? "" : say("host.as_of", { time: clock(at) });
    if (this.#asOf.textContent === words) return;
    write(this.#asOf, words);
    write(this.#announcer, words && say("host.no_new_reading", { words }));
    this.#reveal();
  }

  /** In the words of another language; the rest comes with show. What was told aloud is not told again. */
  reword() {
    write(this.#announcer, "");
    this.stale(this.#old);
  }

  #reveal() {
    reveal(this.#box, this.#line.dataset.told === "true" || this.#asOf.textContent !== "");
  }
}
