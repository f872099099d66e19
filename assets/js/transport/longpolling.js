// @ts-check
// Long polling asks once and the server holds the answer until there is one: timely like a push, and still a request
// for every answer. It asks again at once.

import { ask, Refused } from "./ask.js";
import { Backoff, sleep } from "./backoff.js";
import { report } from "./transport.js";

const HOLD = 25_000; // under the 30 s after which the first proxies give up on silence
const PATIENCE = HOLD + 10_000;

/** @type {import("./transport.js").Connect} */
export async function connect(line) {
  const backoff = new Backoff();
  line.state("connecting");
  while (!line.signal.aborted) {
    try {
      await ask("longpolling", line, { wait: `${HOLD}ms` }, PATIENCE);
      backoff.opened();
      line.state("open");
    } catch (error) {
      if (line.signal.aborted) return;
      report(line, "down", "error");
      line.state("waiting");
      await sleep(backoff.next(error instanceof Refused ? error.retryAfter : 0), line.signal);
    }
  }
}
