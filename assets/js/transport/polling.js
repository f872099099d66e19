// @ts-check
// Polling asks again and again, a request each time, whether there is something new or not. It never waits for the
// server, and is as late as the pause between two questions.

import { ask, Refused } from "./ask.js";
import { Backoff, sleep } from "./backoff.js";
import { report } from "./transport.js";

const PATIENCE = 10_000;
const JITTER = 0.1; // of the pause, so that pages do not ask in step, nor in step with the source

/** @type {import("./transport.js").Connect} */
export async function connect(line) {
  const backoff = new Backoff();
  line.state("connecting");
  while (!line.signal.aborted) {
    // The pause begins when the answer is there: a timer that asks regardless overtakes its own answers.
    let pause = Math.max(line.interval, line.every()) * (1 + JITTER * (2 * Math.random() - 1));
    try {
      if (await ask("polling", line, {}, PATIENCE)) pause = 0;
      backoff.opened();
      line.state("open");
    } catch (error) {
      if (line.signal.aborted) return;
      report(line, "down", "error");
      line.state("waiting");
      pause = backoff.next(error instanceof Refused ? error.retryAfter : 0);
    }
    await sleep(pause, line.signal);
  }
}
