// @ts-check
// How a lane comes through something that was broken, judged by what was seen: the ages of its messages, and whether its
// connection broke. Pure.
//
// It is in trouble when what it shows has become older than it usually does between two messages, by an interval and a
// margin for the clock; it has recovered when the first message comes that is as fresh as usual. The time between the last
// fresh message before and that one is how long it was without. What comes meanwhile is late, and not lost. Without trouble,
// it may still be later than before, all the time, or its connection may have been cut and come up again.

const margin = 150; // ms: timers, and other lanes' work on the same page
const recent = 10_000; // ms: how late a lane is is said of so much
const enough = 3; // messages to say it by
const jitter = 25; // ms: who is later by less is not late

/**
 * What is usual for a lane, milliseconds.
 * @typedef {object} Usual
 * @property {number} age from a message's time to its arrival
 * @property {number} peak and to the next one's arrival
 * @property {number} spread how far the ages go from there by themselves
 */

export class Recovery {
  /** when it began, on performance.now()'s clock */
  at;
  usual;
  /** what this page has broken is in force, as far as it knows */
  on;
  /** until when it was */
  until = NaN;
  /** this page has asked for it */
  own;
  /** milliseconds without a fresh message, or over a break, the longest so far; NaN before there was one */
  longest = NaN;
  /** how often it was in trouble */
  times = 0;
  /** messages that came late */
  late = 0;
  /** since when it is in trouble; NaN when it is not */
  since = NaN;
  /** how often its connection broke */
  breaks = 0;
  /** milliseconds from the last break to the next sign of life */
  back = NaN;
  /** since when its connection is broken; NaN when it is not */
  down = NaN;
  /** connections that were opened after a cut, whether or not this page saw one end */
  opened = 0;

  #before;
  #connections;
  #freshest;
  #limit;
  #fresh;
  /** when the last message came */
  #last;
  /** that time at a break, until the first message after it */
  #gap = NaN;
  /** @type {{received: number, age: number}[]} */
  #ages = [];
  #wasLate = false;

  /**
   * @param {number} at
   * @param {{messages: number, missed: number, duplicates: number, reconnects: number}} before the lane's counts then
   * @param {Usual} usual
   * @param {number} interval of the source, milliseconds
   * @param {{own?: boolean, last?: number, connections?: number}} [more] last: when its last message had come; connections: how
   *   many the server had counted, where what is broken cuts them
   */
  constructor(at, before, usual, interval, { own = true, last = at, connections = NaN } = {}) {
    this.at = this.#fresh = at;
    this.own = this.on = own;
    this.usual = usual;
    this.#last = last;
    this.#before = { ...before };
    this.#connections = connections;
    this.#freshest = usual.age + interval + margin;
    this.#limit = Math.max(usual.peak, usual.age + interval) + interval + margin;
  }

  /**
   * A message came.
   * @param {number} received
   * @param {number} age milliseconds
   */
  message(received, age) {
    this.up(received);
    if (!Number.isNaN(this.#gap)) this.#without(received - this.#gap);
    this.#gap = NaN;
    this.#last = received;
    this.#ages.push({ received, age });
    while (this.#ages[0].received < received - recent) this.#ages.shift();
    this.look(received, age + received - this.#fresh);
    if (age > this.#freshest) {
      this.late++;
      this.#begin();
      return;
    }
    if (!Number.isNaN(this.since)) {
      this.#without(received - this.since);
      this.since = NaN;
    }
    this.#fresh = received;
  }

  /**
   * Its connection ended or failed. That it fails again before it was up is the same break.
   * @param {number} at
   */
  broke(at) {
    if (!Number.isNaN(this.down)) return;
    this.down = at;
    if (Number.isNaN(this.#gap)) this.#gap = this.#last;
    this.breaks++;
  }

  /**
   * Something came by its connection.
   * @param {number} at
   */
  up(at) {
    if (Number.isNaN(this.down)) return;
    this.back = at - this.down;
    this.down = NaN;
  }

  /**
   * The server's count of its connections: more of them is a cut, also where the browser asks again without a word.
   * @param {number} connections
   */
  counted(connections) {
    if (connections > this.#connections) this.opened = connections - this.#connections;
  }

  /**
   * Whether what this page broke is in force.
   * @param {boolean} on @param {number} now
   */
  inForce(on, now) {
    if (on === this.on) return;
    if (!on) this.until = now;
    this.#wasLate ||= !on && this.lateBy > 0;
    this.on = on;
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

  /** @param {number} ms */
  #without(ms) {
    this.longest = Math.max(ms, this.longest || 0);
  }

  /** By how much messages are older of late than they usually are, milliseconds; 0 for what may be chance. */
  get lateBy() {
    if (this.#ages.length < enough) return 0;
    const by = middle(this.#ages.map(({ age }) => age)) - this.usual.age;
    return by > Math.max(jitter, this.usual.spread) ? by : 0;
  }

  /**
   * "trouble"; "broken": its connection, and it is not up yet; "late": all the time, while the fault is on; "recovered" from
   * either; "cut": its connection broke and came up again, and nothing was older than usual; "again": it was cut, and the
   * browser asked again by itself; "fine": nothing was noticed.
   */
  get state() {
    if (!Number.isNaN(this.since)) return "trouble";
    if (!Number.isNaN(this.down)) return "broken";
    if (this.on && this.lateBy > 0) return "late";
    if (this.times > 0 || this.#wasLate) return "recovered";
    if (this.breaks > 0) return "cut";
    return this.opened > 0 ? "again" : "fine";
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

/**
 * What is usual for a lane, by what it got.
 * @param {import("./deliveries.js").Deliveries} d
 * @param {number} since milliseconds on performance.now()'s clock
 * @param {number} offset the clock's
 * @param {number} spread milliseconds that its ages go up and down in any case
 * @returns {Usual}
 */
export function usual(d, since, offset, spread) {
  const ages = [];
  for (let i = d.end - 1; i >= d.start && d.received[d.slot(i)] >= since; i--) ages.push(d.received[d.slot(i)] - d.at[d.slot(i)] - offset);
  const age = Math.max(0, middle(ages) || 0);
  const most = ages.sort((a, b) => a - b)[Math.floor(0.9 * (ages.length - 1))] ?? age;
  return { age, peak: d.peak(since, offset) || 0, spread: Math.max(spread, most - age) };
}

/** @param {number[]} values */
function middle(values) {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
}
