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

  /** These deliveries as they are now. */
  copy() {
    const copy = new Deliveries(this.#capacity);
    copy.end = this.end;
    copy.at.set(this.at);
    copy.received.set(this.received);
    return copy;
  }

  /**
   * How old things typically get before the next message: the median of the peaks of the saw-tooth.
   * @param {number} since milliseconds on performance.now()'s clock
   * @param {number} offset the clock's
   * @returns {number} milliseconds; NaN without a peak
   */
  peak(since, offset) {
    const peaks = [];
    for (let i = this.end - 1; i > this.start; i--) {
      const after = this.received[this.slot(i)];
      if (after < since) break;
      const k = this.slot(i - 1);
      if (after > this.received[k]) peaks.push(after - this.at[k] - offset); // those that came together are one tooth
    }
    peaks.sort((a, b) => a - b);
    return peaks.length > 0 ? peaks[peaks.length >> 1] : NaN;
  }
}
