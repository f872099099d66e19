// @ts-check
// Asks the server for its time: quickly at first, then now and again, because clocks drift. The questions are requests of
// their own, on no lane's account: a lane that carried them would cost more than the others.

import { Repeat } from "../repeat.js";

const quick = { questions: 12, pause: 200 };
const slow = 5000;

export class Pings {
  /** of the questions answered so far, the quickest way there and back, in milliseconds; NaN before the first */
  best = NaN;
  #lab;
  #asked = 0;
  #questions = new Repeat(() => (this.#asked < quick.questions ? quick.pause : slow), () => this.#ask());

  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.#lab = lab;
  }

  start() {
    this.#asked = 0;
    this.#questions.want(true);
  }

  stop() {
    this.#questions.want(false);
  }

  async #ask() {
    if (!document.hidden) { // a hidden page's timers are late, and so would be its samples
      const asked = performance.now();
      try {
        const { at } = await this.#lab.api.command("clock", { ping: 0 });
        const received = performance.now();
        this.#lab.clock.sample(asked, at, received);
        if (!(this.best <= received - asked)) this.best = received - asked;
      } catch {
        // The next one may be answered.
      }
      this.#asked++;
    }
  }
}
