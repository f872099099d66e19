// @ts-check
// How old things are. Messages carry the server's time; this page has a clock of its own. Pure.

/** The estimate gives way by this much, so that a clock that drifts does not leave it behind for ever. */
const creep = 50e-6;

/**
 * What our clock shows when the server's shows 0: estimated by the answer or message that came fastest. Its way is counted as no
 * time at all, so every age is too small by the fastest way from server to page, and by nothing else.
 */
export class Clock {
  #floor = NaN;
  #seen = 0;

  /**
   * @param {number} at Unix milliseconds on the server's clock, when the message was made
   * @param {number} received milliseconds on performance.now()'s clock
   */
  observe(at, received) {
    const offset = received - at;
    const crept = this.#floor + (received - this.#seen) * creep;
    this.#floor = offset < crept || Number.isNaN(crept) ? offset : crept;
    this.#seen = received;
  }

  /** Another process may run on another clock. */
  reset() {
    this.#floor = NaN;
  }

  /** Milliseconds from the server's time to ours; NaN before the first message. */
  get offset() {
    return this.#floor;
  }

  /**
   * @param {number} now milliseconds on performance.now()'s clock
   * @returns {number} Unix milliseconds on the server's clock
   */
  server(now) {
    return now - this.#floor;
  }
}

/** The ages of the last few hundred messages at the moment they arrived. */
export class Ages {
  #at;
  #raw;
  #sorted;
  #n = 0;

  /** @param {number} [capacity] */
  constructor(capacity = 512) {
    this.#at = new Float64Array(capacity);
    this.#raw = new Float64Array(capacity);
    this.#sorted = new Float64Array(capacity);
  }

  /**
   * @param {number} at
   * @param {number} received
   */
  add(at, received) {
    const slot = this.#n++ % this.#raw.length;
    this.#at[slot] = at;
    this.#raw[slot] = received - at;
  }

  get length() {
    return Math.min(this.#n, this.#raw.length);
  }

  /**
   * Each of them, the oldest first.
   * @param {number} offset the clock's
   * @returns {{at: number, age: number}[]} when the message was made, as it was added, and its age in milliseconds
   */
  list(offset) {
    return Array.from({ length: this.length }, (_, i) => {
      const slot = (this.#n - this.length + i) % this.#raw.length;
      return { at: this.#at[slot], age: this.#raw[slot] - offset };
    });
  }

  /**
   * @param {number[]} ranks between 0 and 1
   * @param {number} offset the clock's
   * @returns {number[]} seconds, the nearest rank; NaN when there is nothing
   */
  percentiles(ranks, offset) {
    const n = this.length;
    if (n === 0) return ranks.map(() => NaN);
    const sorted = this.#sorted.subarray(0, n);
    sorted.set(this.#raw.subarray(0, n));
    sorted.sort();
    return ranks.map((rank) => Math.max(0, sorted[Math.min(n - 1, Math.ceil(rank * n) - 1)] - offset) / 1000);
  }
}

/** How much came in the last few seconds. */
export class Recent {
  #span;
  #time = new Float64Array(512);
  #amount = new Float64Array(512);
  #n = 0;

  /** @param {number} span milliseconds */
  constructor(span) {
    this.#span = span;
  }

  /** @param {number} now @param {number} amount */
  add(now, amount) {
    const i = this.#n++ % this.#time.length;
    this.#time[i] = now;
    this.#amount[i] = amount;
  }

  /**
   * @param {number} now
   * @returns {number} per second, over the span or the time since the first; NaN before there is a second to look at
   */
  rate(now) {
    let total = 0;
    let first = Infinity;
    const n = Math.min(this.#n, this.#time.length);
    for (let i = 0; i < n; i++) {
      first = Math.min(first, this.#time[i]);
      if (now - this.#time[i] < this.#span) total += this.#amount[i];
    }
    const span = Math.min(this.#span, now - first);
    return span < 1000 ? NaN : (total * 1000) / span;
  }
}
