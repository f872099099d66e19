// @ts-check
// The numbers that charts draw: one column per series, one row per sample, oldest first, the newest `capacity` of them.
// Each column is a ring unrolled over twice its length, so that its rows [from, to) always lie side by side; it grows to that length
// as rows come. A number that is not known is NaN; a row of nothing but NaN is a gap, and no line is drawn across it. Pure.

/** How much longer than expected two samples may lie apart before the time between them counts as a gap. */
const patience = 1.75;

/** Rows that there is room for at first. */
const small = 1024;

/** @typedef {{at: ArrayLike<number>, columns: Record<string, ArrayLike<number | null>>}} Columns */

export class Store {
  /** first row, and one behind the last: they move when a sample is added */
  from = 0;
  to = 0;
  #capacity;
  /** rows that there is room for now, and at most */
  #space;
  #most;
  #at;
  /** milliseconds that should lie between a row and the one before */
  #step;
  /** @type {Map<string, Float64Array>} */
  #columns = new Map();

  /**
   * @param {number} capacity rows
   * @param {Iterable<string>} names
   * @param {number} [most] rows that there will be room for: as many as its capacity where there will never be more
   */
  constructor(capacity, names, most = 2 * capacity) {
    this.#capacity = capacity;
    this.#most = most;
    this.#space = Math.min(most, small);
    this.#at = new Float64Array(this.#space);
    this.#step = new Float64Array(this.#space);
    for (const name of names) this.column(name);
  }

  /** Unix milliseconds of each row. */
  get at() {
    return this.#at;
  }

  get length() {
    return this.to - this.from;
  }

  /** When the newest sample was taken; NaN when there is none. */
  get newest() {
    return this.to > this.from ? this.#at[this.to - 1] : NaN;
  }

  get names() {
    return this.#columns.keys();
  }

  /**
   * The column of that name; one that was never heard of is all unknown.
   * @param {string} name
   * @returns {Float64Array} the same array until there are more rows
   */
  column(name) {
    let column = this.#columns.get(name);
    if (!column) {
      column = new Float64Array(this.#space).fill(NaN);
      this.#columns.set(name, column);
    }
    return column;
  }

  /**
   * The least of what each row stands for, and the greatest: here a row is one reading.
   * @param {string} name
   */
  low(name) {
    return this.column(name);
  }

  /** @param {string} name */
  high(name) {
    return this.column(name);
  }

  /**
   * One sample. The same moment again is refused; a moment before the newest means that the server's clock was set
   * back, and what is later than that never was.
   * @param {number} at
   * @param {number} step milliseconds between two samples, as things are now
   * @param {Record<string, number | null | undefined>} row
   * @returns {boolean} whether it was taken
   */
  append(at, step, row) {
    if (at === this.newest) return false;
    if (at < this.newest) this.to = this.find(at - 1) + 1;
    const late = this.length > 0 && at - this.newest > patience * Math.max(step, this.#step[this.to - 1]);
    if (late && this.#filled(this.to - 1)) this.gap();
    const i = this.#room(at, step);
    for (const name in row) this.column(name)[i] = row[name] ?? NaN;
    return true;
  }

  /** From here on something is missing: a row of unknowns, right behind the newest. */
  gap() {
    if (this.length > 0) this.#room(this.newest + 1, this.#step[this.to - 1]);
  }

  /** What was taken up to this moment is forgotten. @param {number} at */
  forget(at) {
    this.from = this.find(at) + 1;
  }

  /**
   * What no value came for since a moment has its column no more: a host may have new devices all day.
   * @param {number} since
   * @param {Iterable<string>} but these stay
   */
  drop(since, but) {
    const stay = new Set(but);
    const first = Math.max(this.from, this.find(since));
    for (const [name, column] of this.#columns) {
      if (!stay.has(name) && column.subarray(first, this.to).every(Number.isNaN)) this.#columns.delete(name);
    }
  }

  /**
   * Fill in what history knows and we do not: the time before our first row and the time inside our gaps.
   * Rows that are here stay as they are.
   * @param {Columns} history
   */
  fill(history) {
    const n = history.at.length;
    if (n === 0) return;
    const step = n > 1 ? (history.at[n - 1] - history.at[0]) / (n - 1) : 1000;
    const mine = new Store(this.#capacity, this.#columns.keys());
    /** @type {Record<string, number | null>} */
    const row = {};
    let h = 0;
    const older = (/** @type {number} */ at) => {
      for (; h < n && history.at[h] < at - step / 2; h++) {
        if (history.at[h] <= mine.newest + step / 2) continue;
        let any = false;
        for (const name in history.columns) {
          row[name] = history.columns[name][h];
          any ||= row[name] !== null;
        }
        if (any) mine.append(history.at[h], step, row);
      }
    };
    /** @type {Record<string, number>} */
    const own = {};
    for (let i = this.from; i < this.to; i++) {
      if (!this.#filled(i)) continue;
      older(this.#at[i]);
      for (const [name, column] of this.#columns) own[name] = column[i];
      mine.append(this.#at[i], this.#step[i], own);
    }
    older(Infinity);
    this.#take(mine);
  }

  /**
   * The row in force at that moment: the last one not after it.
   * @param {number} at
   * @returns {number} its index, from - 1 when all are later
   */
  find(at) {
    return lastNotAfter(this.#at, this.from, this.to, at);
  }

  /**
   * @param {string} name
   * @param {number} [i] the newest row unless told
   * @returns {number} NaN when not known
   */
  value(name, i = this.to - 1) {
    return i >= this.from && i < this.to ? this.column(name)[i] : NaN;
  }

  /** When the time begins that a row tells of: a reading is of what was since the one before. @param {number} i */
  since(i) {
    const before = i > this.from ? this.#at[i] - this.#at[i - 1] : Infinity;
    return this.#at[i] - (before <= patience * this.#step[i] ? before : this.#step[i]);
  }

  /** And when it ends. @param {number} i */
  until(i) {
    return this.#at[i];
  }

  /** Of how many milliseconds its values are means; 0: it is a reading. @param {number} _i */
  mean(_i) {
    return 0;
  }

  /** @param {number} i */
  #filled(i) {
    for (const column of this.#columns.values()) if (!Number.isNaN(column[i])) return true;
    return false;
  }

  /** @param {number} at @param {number} step */
  #room(at, step) {
    if (this.to === this.#space && this.#space < this.#most) this.#grow();
    else if (this.to === this.#space) {
      this.#at.copyWithin(0, this.#capacity);
      this.#step.copyWithin(0, this.#capacity);
      for (const column of this.#columns.values()) column.copyWithin(0, this.#capacity);
      this.from = 0;
      this.to = this.#capacity;
    }
    const i = this.to++;
    if (this.length > this.#capacity) this.from++;
    this.#at[i] = at;
    this.#step[i] = step;
    for (const column of this.#columns.values()) column[i] = NaN;
    return i;
  }

  #grow() {
    this.#space = Math.min(this.#most, 2 * this.#space);
    const more = (/** @type {Float64Array} */ column) => {
      const longer = new Float64Array(this.#space);
      longer.set(column);
      return longer;
    };
    this.#at = more(this.#at);
    this.#step = more(this.#step);
    for (const [name, column] of this.#columns) this.#columns.set(name, more(column));
  }

  /** @param {Store} other that nobody else has */
  #take(other) {
    this.#space = other.#space;
    this.#at = other.#at;
    this.#step = other.#step;
    this.#columns = other.#columns;
    this.from = other.from;
    this.to = other.to;
  }
}

/**
 * The last of ascending times, from one index up to another, that is not after a moment; from - 1 when all are.
 * @param {Float64Array} times
 * @param {number} from
 * @param {number} to
 * @param {number} at
 */
export function lastNotAfter(times, from, to, at) {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
