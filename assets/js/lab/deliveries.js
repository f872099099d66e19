// @ts-check
// When messages came and when they had been made, for as long as a lane shows it: a ring. What is drawn from it is the
// staleness saw-tooth. Pure.

export class Deliveries {
  /** deliveries ever added; delivery i is in slot(i) */
  end = 0;
  #capacity;

  /** @param {number} [capacity] a minute at the fastest interval, and some */
  constructor(capacity = 1024) {
    this.#capacity = capacity;
    /** Unix milliseconds on the server's clock */
    this.at = new Float64Array(capacity);
    /** milliseconds on performance.now()'s clock */
    this.received = new Float64Array(capacity);
  }

  /** The oldest still here. */
  get start() {
    return Math.max(0, this.end - this.#capacity);
  }

  /** @param {number} i */
  slot(i) {
    return i % this.#capacity;
  }

  /** @param {number} at @param {number} received */
  add(at, received) {
    const i = this.slot(this.end++);
    this.at[i] = at;
    this.received[i] = received;
  }
}
