// @ts-check
// Polling asks again and again, a request each time, whether there is something new or not. It never waits for the
// server, and is as late as the pause between two questions.

import { ask, Refused } from "./ask.js";
import { Backoff, sleep } from "./backoff.js";
import { report } from "./transport.js";

const PATIENCE = 10_000;
const JITTER = 0.1; // of the pause, so that pages do not ask in step, nor in step with the source
/** Of the interval, from one question to the next: each asks so much earlier after the source's tick than the one before. */
export const sweep = 15 / 16;

/** @type {import("./transport.js").Connect} */
export async function connect(line) {
  const backoff = new Backoff();
  line.state("connecting");
  let due = performance.now(); // when this question was to be asked, which a busy page may have been late for
  while (!line.signal.aborted) {
    let pause = 0;
    try {
      if (!(await ask("polling", line, {}, PATIENCE))) pause = rest(line, due);
      backoff.opened();
      line.state("open");
    } catch (error) {
      if (line.signal.aborted) return;
      report(line, "down", "error");
      line.state("waiting");
      pause = backoff.next(error instanceof Refused ? error.retryAfter : 0);
    }
    due = performance.now() + pause;
    await sleep(pause, line.signal);
  }
}

/**
 * Milliseconds until the next question. It is never asked before the answer to this one is there.
 * @param {import("./transport.js").Line} line
 * @param {number} due when this one was
 */
function rest(line, due) {
  const interval = Math.max(line.interval(), line.every());
  switch (line.phase()) {
    case "lock":
      return Math.max(0, due + interval - performance.now());
    case "sweep":
      return Math.max(0, due + interval * sweep - performance.now());
    default: // the pause begins when the answer is there
      return interval * (1 + JITTER * (2 * Math.random() - 1));
  }
}
