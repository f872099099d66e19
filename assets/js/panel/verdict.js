// @ts-check
// What all of it comes to, in a sentence. Told aloud when its meaning changes, not each second it goes on.

import { attribute, field, one, write } from "./dom.js";

/** @typedef {{state: "healthy" | "busy" | "bad", resource?: string, text: string, since: number, pid?: number}} Reading */

/** @type {Record<Reading["state"], string>} */
const words = { healthy: "healthy", busy: "busy", bad: "bad" };

export class Verdict {
  #box = one("#verdict");
  #word = field("verdict-word");
  #text = field("verdict-text");
  #announcer = one("#verdict-announcer");
  #told = "";

  /** @param {any} s snapshot */
  show(s) {
    /** @type {Reading | undefined} */
    const verdict = s.verdict;
    if (this.#box.hidden !== !verdict) this.#box.hidden = !verdict;
    if (!verdict) return;
    attribute(this.#box, "data-state", verdict.state);
    write(this.#word, words[verdict.state] ?? verdict.state);
    write(this.#text, verdict.state === "healthy" ? "" : verdict.text);
    const meaning = [verdict.state, verdict.resource, verdict.pid].join(" ");
    if (meaning === this.#told) return;
    // The first one is read with the page.
    if (this.#told !== "") write(this.#announcer, verdict.text);
    this.#told = meaning;
  }
}
