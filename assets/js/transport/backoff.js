// @ts-check
// How long to wait before trying again: full jitter, so that a thousand pages that lost one server do not come back
// in one moment.

const FIRST = 500;
const MOST = 30_000;
const LEAST = 100;
const HEALTHY_AFTER = 10_000;

export class Backoff {
  #failures = 0;
  #since = 0;
  #random;

  /** @param {() => number} [random] from 0 up to 1 */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** The connection is there. What has held for ten seconds is healthy, and the next failure is a first one. */
  opened() {
    this.#since ||= performance.now();
  }

  /**
   * Milliseconds to wait after one more failure.
   * @param {number} [floor] the least the server asked for; the jitter comes on top, or all would come back at it
   */
  next(floor = 0) {
    if (this.#since && performance.now() - this.#since > HEALTHY_AFTER) this.#failures = 0;
    this.#since = 0;
    const most = Math.min(MOST, FIRST * 2 ** this.#failures);
    this.#failures++;
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
