// @ts-check
// The server's clock, with how wrong we may be. Pure. Nothing is averaged: every question answered and every message that
// came bounds the offset, because nothing arrives before it was sent. What all of them allow is an interval; its middle is
// the estimate, half its width the error. That covers ways of different length in the two directions too, which no
// average does.

/** Both clocks' rates may differ by this much, so bounds give way as they grow old. */
const drift = 50e-6;
/** The server writes whole milliseconds: what it calls 5 may be anything up to 6. */
const grain = 1;

export class Clock {
  /** our clock when the server's shows 0: not earlier, not later */
  #least = -Infinity;
  #most = Infinity;
  #seen = 0;

  /**
   * A message or an answer came: it had been written before.
   * @param {number} at Unix milliseconds on the server's clock
   * @param {number} received milliseconds on performance.now()'s clock
   */
  observe(at, received) {
    this.#narrow(-Infinity, received - at, received);
  }

  /**
   * A question was answered: between asking and answer the server looked at its clock.
   * @param {number} asked milliseconds on performance.now()'s clock
   * @param {number} at Unix milliseconds on the server's clock
   * @param {number} received as asked
   */
  sample(asked, at, received) {
    this.#narrow(asked - at - grain, received - at, received);
  }

  /** Milliseconds from the server's time to ours; NaN before the first message. */
  get offset() {
    if (this.#most === Infinity) return NaN;
    return this.#least === -Infinity ? this.#most : (this.#least + this.#most) / 2;
  }

  /** The offset is not further off than this, in milliseconds; NaN while nobody can say. */
  get error() {
    const width = this.#most - this.#least;
    return Number.isFinite(width) ? width / 2 : NaN;
  }

  /**
   * @param {number} now milliseconds on performance.now()'s clock
   * @returns {number} Unix milliseconds on the server's clock
   */
  server(now) {
    return now - this.offset;
  }

  /**
   * @param {number} least @param {number} most the offset is between them
   * @param {number} now
   */
  #narrow(least, most, now) {
    const slack = Math.max(0, now - this.#seen) * drift;
    this.#seen = Math.max(now, this.#seen);
    this.#least = Math.max(this.#least - slack, least);
    this.#most = Math.min(this.#most + slack, most);
    if (this.#least <= this.#most) return;
    // They contradict each other: one of the clocks was set. What is known now is what this one says.
    this.#least = least;
    this.#most = most;
  }
}
