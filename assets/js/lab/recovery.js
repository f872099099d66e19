// @ts-check
// How a lane comes through something that was broken on purpose, judged by the ages of its messages alone. Pure.
//
// It is in trouble when what it shows has become older than it usually does between two messages, by an interval and a
// margin for the clock; it has recovered when the first message comes that is as fresh as usual. The time between the last
// fresh message before and that one is how long it was without. What comes meanwhile is late, and not lost.

const margin = 150; // ms: timers, and other lanes' work on the same page

export class Recovery {
  /** when it began, on performance.now()'s clock */
  at;
  /** milliseconds without a fresh message, of the last trouble that is over; NaN before there was one */
  took = NaN;
  /** the longest so far */
  longest = NaN;
  /** how often it was in trouble */
  times = 0;
  /** messages that came late */
  late = 0;
  /** since when it is in trouble; NaN when it is not */
  since = NaN;

  #before;
  #freshest;
  #limit;
  #fresh;

  /**
   * @param {number} at
   * @param {{messages: number, missed: number, duplicates: number, reconnects: number}} before the lane's counts then
   * @param {number} age usual milliseconds from a message's time to its arrival
   * @param {number} peak and to the next one's arrival
   * @param {number} interval of the source, milliseconds
   */
  constructor(at, before, age, peak, interval) {
    this.at = this.#fresh = at;
    this.#before = { ...before };
    this.#freshest = age + interval + margin;
    this.#limit = Math.max(peak, age + interval) + interval + margin;
  }

  /**
   * A message came.
   * @param {number} received
   * @param {number} age milliseconds
   */
  message(received, age) {
    this.look(received, age + received - this.#fresh);
    if (age > this.#freshest) {
      this.late++;
      this.#begin();
      return;
    }
    if (!Number.isNaN(this.since)) {
      this.took = received - this.since;
      this.longest = Math.max(this.took, this.longest || 0);
      this.since = NaN;
    }
    this.#fresh = received;
  }

  /**
   * Time has passed.
   * @param {number} now
   * @param {number} staleness milliseconds; NaN for a lane that has nothing yet
   */
  look(now, staleness) {
    if (now - this.#fresh > this.#limit && !(staleness <= this.#limit)) this.#begin();
  }

  #begin() {
    if (!Number.isNaN(this.since)) return;
    this.since = this.#fresh;
    this.times++;
  }

  /** "fine": nothing was noticed; "trouble"; "recovered". */
  get state() {
    if (!Number.isNaN(this.since)) return "trouble";
    return this.times > 0 ? "recovered" : "fine";
  }

  /**
   * What it has cost since it began.
   * @param {{messages: number, missed: number, duplicates: number, reconnects: number}} counts the lane's now
   */
  cost(counts) {
    const b = this.#before;
    return { missed: counts.missed - b.missed, duplicates: counts.duplicates - b.duplicates, reconnects: counts.reconnects - b.reconnects };
  }
}
