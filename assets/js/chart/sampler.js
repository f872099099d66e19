// @ts-check
// The rows of a store that a view shows, thinned to about one point a pixel. A point has the mean of its rows, where bands
// are stacked and must sum, and the least and the greatest, so that no peak is thinned away. Buckets lie on whole multiples
// of their width in time, so that a moving window does not make the picture shiver; a gap ends one and is a point of its own,
// however short it looks. Pure; its arrays are used again for each draw.

/** @typedef {import("../store.js").Store} Store */

/** Rows per pixel up to which every row is drawn. */
const dense = 1.5;

export class Sampler {
  /** points found */
  n = 0;
  at = new Float64Array(0);
  /** @type {Float64Array[]} per column, the mean; NaN breaks the line */
  ys;
  /** @type {Float64Array[]} likewise the least, and the greatest */
  lows;
  /** @type {Float64Array[]} */
  highs;
  /** one behind the last row of each point, where they are thinned */
  #ends = new Int32Array(0);

  /** @param {number} columns */
  constructor(columns) {
    const empty = () => Array.from({ length: columns }, () => new Float64Array(0));
    [this.ys, this.lows, this.highs] = [empty(), empty(), empty()];
  }

  /**
   * @param {Store} store
   * @param {string[]} names
   * @param {import("./view.js").View} view
   */
  run(store, names, view) {
    const first = Math.max(store.from, store.find(view.from));
    const last = Math.min(store.to - 1, store.find(view.to) + 1);
    const rows = Math.max(0, last - first + 1);
    const all = rows <= view.width * dense;
    const width = (view.to - view.from) / view.width;
    const columns = names.map((name) => store.column(name));
    this.n = all ? rows : this.#cut(store.at, columns, first, last, width);
    this.#reserve(this.n);
    if (all) this.at.set(store.at.subarray(first, first + rows));
    else for (let n = 0; n < this.n; n++) this.at[n] = (Math.floor(store.at[this.#ends[n] - 1] / width) + 0.5) * width;
    for (let k = 0; k < names.length; k++) {
      const [means, lows, highs] = [columns[k], store.low(names[k]), store.high(names[k])];
      if (all) {
        this.ys[k].set(means.subarray(first, first + rows));
        this.lows[k].set(lows.subarray(first, first + rows));
        this.highs[k].set(highs.subarray(first, first + rows));
      } else this.#thin(k, means, lows, highs, first);
    }
  }

  /**
   * Puts rows together to points.
   * @param {Float64Array} at
   * @param {Float64Array[]} columns
   * @param {number} first
   * @param {number} last
   * @param {number} width
   * @returns {number} how many there are
   */
  #cut(at, columns, first, last, width) {
    if (this.#ends.length <= last - first) this.#ends = new Int32Array(2 * (last - first + 1));
    let n = 0;
    for (let i = first; i <= last; n++) {
      const bucket = Math.floor(at[i] / width);
      const gap = unknown(columns, i);
      do i++;
      while (i <= last && Math.floor(at[i] / width) === bucket && unknown(columns, i) === gap);
      this.#ends[n] = i;
    }
    return n;
  }

  /**
   * @param {number} k
   * @param {Float64Array} means
   * @param {Float64Array} lows
   * @param {Float64Array} highs
   * @param {number} first
   */
  #thin(k, means, lows, highs, first) {
    for (let n = 0, i = first; n < this.n; n++) {
      let [sum, count, least, most] = [0, 0, Infinity, -Infinity];
      for (; i < this.#ends[n]; i++) {
        const v = means[i];
        if (v !== v) continue;
        sum += v;
        count++;
        if (lows[i] < least) least = lows[i];
        if (highs[i] > most) most = highs[i];
      }
      this.ys[k][n] = count === 0 ? NaN : sum / count;
      this.lows[k][n] = count === 0 ? NaN : least;
      this.highs[k][n] = count === 0 ? NaN : most;
    }
  }

  /** @param {number} n */
  #reserve(n) {
    if (this.at.length >= n) return;
    const room = Math.max(256, n * 2);
    this.at = new Float64Array(room);
    for (const columns of [this.ys, this.lows, this.highs]) {
      for (let k = 0; k < columns.length; k++) columns[k] = new Float64Array(room);
    }
  }
}

/** Whether nothing is known of a row. @param {Float64Array[]} columns @param {number} i */
function unknown(columns, i) {
  for (const column of columns) if (column[i] === column[i]) return false;
  return true;
}
