// @ts-check
// A question asked again and again while somebody wants to know: at once when that begins, then some time after each
// answer, never two at a time.

export class Repeat {
  #pause;
  #job;
  /** @type {AbortController | undefined} */
  #running;

  /**
   * @param {number | (() => number)} pause milliseconds between an answer and the next question
   * @param {(signal: AbortSignal) => Promise<void>} job looks after its own failures; what it gets after the signal is nobody's any more
   */
  constructor(pause, job) {
    this.#pause = pause;
    this.#job = job;
  }

  /** @param {boolean} wanted */
  want(wanted) {
    if (wanted === Boolean(this.#running)) return;
    this.#running?.abort();
    this.#running = wanted ? new AbortController() : undefined;
    if (this.#running) this.#run(this.#running.signal);
  }

  /** Ask now, and in another way. */
  anew() {
    if (!this.#running) return;
    this.want(false);
    this.want(true);
  }

  /** @param {AbortSignal} signal */
  async #run(signal) {
    await this.#job(signal);
    if (!signal.aborted) setTimeout(() => signal.aborted || this.#run(signal), typeof this.#pause === "number" ? this.#pause : this.#pause());
  }
}
