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
    this.#age(received);
    this.#most = Math.min(this.#most, received - at);
    this.#check(received - at);
  }

  /**
   * A question was answered: between asking and answer the server looked at its clock.
   * @param {number} asked milliseconds on performance.now()'s clock
   * @param {number} at Unix milliseconds on the server's clock
   * @param {number} received as asked
   */
  sample(asked, at, received) {
    this.observe(at, received);
    this.#least = Math.max(this.#least, asked - at - grain);
    this.#check(received - at);
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

  /** @param {number} now */
  #age(now) {
    const slack = Math.max(0, now - this.#seen) * drift;
    this.#least -= slack;
    this.#most += slack;
    this.#seen = now;
  }

  /** Bounds that contradict each other: one of the clocks was set. Only the newest is left. @param {number} most */
  #check(most) {
    if (this.#least <= this.#most) return;
    this.#least = -Infinity;
    this.#most = most;
  }
}
