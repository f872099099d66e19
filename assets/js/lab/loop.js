// @ts-check
// The closed loop: a word goes up to the server, which puts it into the next message of everybody, and each lane shows when
// it came. That age needs one clock, the page's own. It has the wait for the next message in it, the same for all lanes.

import { Repeat } from "../repeat.js";
import { newId } from "../viewer.js";

const period = 2000;
/** A word that has not come back by then is not waited for any more. */
const patience = 60_000;

export class Loop {
  /** milliseconds from the word's way up to its arrival, by lane's key: the newest @type {Map<string, number>} */
  ages = new Map();
  #lab;
  /** tells this page's words from others' */
  #name = newId().slice(0, 12);
  #serial = 0;
  /** when each word went up, by word @type {Map<string, number>} */
  #sent = new Map();
  #words = new Repeat(period, () => this.#say());

  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.#lab = lab;
    lab.on("message", ({ lane, message }) => {
      for (const word of message.echo) {
        const sent = this.#sent.get(word);
        if (sent !== undefined) this.ages.set(lane.key, message.received - sent);
      }
    });
  }

  start() {
    this.#words.want(!this.#lab.config.shut); // who would be refused each time
  }

  stop() {
    this.#words.want(false);
    this.#sent.clear();
  }

  async #say() {
    const now = performance.now();
    for (const [word, sent] of this.#sent) if (now - sent > patience) this.#sent.delete(word);
    const word = `${this.#name}.${this.#serial++}`;
    if (!document.hidden) {
      this.#sent.set(word, performance.now());
      try {
        await this.#lab.api.command("clock", { echo: word }); // no lane's: each would find it on another way up
      } catch {
        this.#sent.delete(word);
      }
    }
  }
}
