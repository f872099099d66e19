// @ts-check
// How long to wait before trying again: full jitter, so that a thousand pages that lost one server do not come back
// in one moment.

const FIRST = 500;
const MOST = 30_000;
const LEAST = 100;
const FORGIVEN = 1_000; // ms that a connection holds for one failure to be forgotten
const ENOUGH = Math.ceil(Math.log2(MOST / FIRST)); // failures: more of them make the wait no longer

export class Backoff {
  #failures = 0;
  #since = 0;
  #random;

  /** @param {() => number} [random] from 0 up to 1 */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /**
   * The connection is there. The longer it holds, the more of the failures before it are forgotten: what breaks at once is a
   * failure more, and what has held for six seconds fails for the first time.
   */
  opened() {
    this.#since ||= performance.now();
  }

  /**
   * Milliseconds to wait after one more failure.
   * @param {number} [floor] the least the server asked for; the jitter comes on top, or all would come back at it
   */
  next(floor = 0) {
    if (this.#since) this.#failures = Math.max(0, this.#failures - Math.floor((performance.now() - this.#since) / FORGIVEN));
    this.#since = 0;
    const most = Math.min(MOST, FIRST * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, ENOUGH);
    return floor + Math.max(LEAST, this.#random() * most);
  }
}

/**
 * Resolves after ms, or when the signal aborts.
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function sleep(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
