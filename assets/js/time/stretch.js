// @ts-check
// A stretch of time that history has answered for, and live readings behind it: what charts draw of a time that the page
// has not kept itself. Each series has the mean, the least and the greatest of what a row stands for. Pure.

import { columns } from "../series.js";
import { Store } from "../store.js";

/** Live rows that find room behind the answer. */
const room = 1200;

/** How many rows' time may lie behind a row before nothing was measured there: as between two rows of an answer. */
const patience = 2.5;

export class Stretch extends Store {
  /** rows that it has room for */
  #most;
  /** when the answer's last row begins, and what each stands for */
  #last;
  #width;
  /** the time that was asked about */
  begin;
  end;
  /** milliseconds that a row of the answer stands for */
  step;
  /** the row behind the answer's last that is nothing but a gap; NaN: there is none */
  #gap = NaN;

  /**
   * @param {{at: number[], until?: number, series: {name: string, avg: (number | null)[], min: (number | null)[], max: (number | null)[]}[]}} answer of GET history
   * @param {number} begin
   * @param {number} end
   * @param {number} step
   */
  constructor(answer, begin, end, step) {
    const most = answer.at.length + room;
    super(most, [], most);
    this.#most = most;
    this.begin = begin;
    this.end = end;
    this.step = step;
    const { at, columns: means } = columns(answer);
    /** @type {Record<string, number | null>} */
    const row = {};
    for (let i = 0; i < at.length; i++) {
      for (const name in means) row[name] = means[name][i];
      for (const { name, min, max } of answer.series) {
        row[least(name)] = min[i];
        row[greatest(name)] = max[i];
      }
      super.append(at[i], Infinity, row); // the answer has its gaps in it
    }
    const { until } = answer;
    this.#last = this.newest;
    this.#width = until === undefined ? step : until - this.#last;
    if (until !== undefined && over(at[at.length - 1], until, end) && super.append(until, Infinity, {})) this.#gap = until; // but for the one behind its last row
  }

  /** @param {string} name @override */
  low(name) {
    return this.column(least(name));
  }

  /** @param {string} name @override */
  high(name) {
    return this.column(greatest(name));
  }

  /** Whether it has no room for more live rows: it is to be asked for anew. */
  get full() {
    return this.to > this.#most - 2; // a gap takes one, too
  }

  /** A row of an answer is of the time from its moment on. @param {number} i @override */
  since(i) {
    return this.at[i];
  }

  /** @param {number} i @override */
  until(i) {
    return i + 1 < this.to ? this.at[i + 1] : this.at[i] + this.step;
  }

  /** @param {number} i @override */
  mean(i) {
    return this.at[i] <= this.#last ? this.#width : 0;
  }

  /**
   * A live row, which stands for itself.
   * @param {number} at
   * @param {number} interval
   * @param {Record<string, number | null | undefined>} row
   * @override
   */
  append(at, interval, row) {
    if (this.full || at <= this.newest && at !== this.#gap) return false;
    if (at === this.newest) this.to--; // it has the gap's place
    this.#gap = NaN;
    /** @type {Record<string, number | null | undefined>} */
    const own = {};
    for (const name of this.means) {
      own[name] = own[least(name)] = own[greatest(name)] = row[name];
    }
    this.end = Math.max(this.end, at);
    return super.append(at, interval, own);
  }

  /** The names of the series themselves. */
  get means() {
    return [...this.names].filter((name) => !name.includes(" "));
  }
}

/**
 * Whether a row tells nothing of a moment any more.
 * @param {number} at when it begins
 * @param {number} until what it stands for
 * @param {number} moment
 */
export function over(at, until, moment) {
  return moment - at > patience * (until - at);
}

/** @param {string} name */
function least(name) {
  return `${name} least`;
}

/** @param {string} name */
function greatest(name) {
  return `${name} greatest`;
}
