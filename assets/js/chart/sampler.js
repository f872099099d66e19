// @ts-check
// The rows of a store that a view shows, thinned to about one point a pixel: by mean where bands are stacked and must
// sum, by maximum where a peak must not be thinned away. Buckets lie on whole multiples of their width in time, so that a
// moving window does not make the picture shiver. Pure; its arrays are used again for each draw.

/** @typedef {import("../store.js").Store} Store */

/** Rows per pixel up to which every row is drawn. */
const dense = 1.5;

export class Sampler {
  /** points found */
  n = 0;
  at = new Float64Array(0);
  /** @type {Float64Array[]} per column; NaN breaks the line */
  ys;
  #how;
  #sum;
  #count;

  /**
   * @param {number} columns
   * @param {"mean" | "max"} how
   */
  constructor(columns, how) {
    this.#how = how;
    this.ys = Array.from({ length: columns }, () => new Float64Array(0));
    this.#sum = new Float64Array(columns);
    this.#count = new Uint32Array(columns);
  }

  /**
   * @param {Store} store
   * @param {Float64Array[]} columns
   * @param {import("./view.js").View} view
   */
  run(store, columns, view) {
    const first = Math.max(store.from, store.find(view.from));
    const last = Math.min(store.to - 1, store.find(view.to) + 1);
    const rows = Math.max(0, last - first + 1);
    this.n = 0;
    if (rows <= view.width * dense) {
      this.#reserve(rows);
      for (let i = first; i <= last; i++) {
        this.at[this.n] = store.at[i];
        for (let k = 0; k < columns.length; k++) this.ys[k][this.n] = columns[k][i];
        this.n++;
      }
      return;
    }
    const width = (view.to - view.from) / view.width;
    this.#reserve(Math.ceil((store.at[last] - store.at[first]) / width) + 2);
    let bucket = NaN;
    for (let i = first; i <= last; i++) {
      const b = Math.floor(store.at[i] / width);
      if (b !== bucket) {
        if (i > first) this.#close(bucket, width);
        bucket = b;
      }
      for (let k = 0; k < columns.length; k++) {
        const v = columns[k][i];
        if (Number.isNaN(v)) continue;
        if (this.#how === "mean") this.#sum[k] += v;
        else if (this.#count[k] === 0 || v > this.#sum[k]) this.#sum[k] = v;
        this.#count[k]++;
      }
    }
    if (rows > 0) this.#close(bucket, width);
  }

  /** @param {number} bucket @param {number} width */
  #close(bucket, width) {
    this.at[this.n] = (bucket + 0.5) * width;
    for (let k = 0; k < this.ys.length; k++) {
      const n = this.#count[k];
      this.ys[k][this.n] = n === 0 ? NaN : this.#how === "mean" ? this.#sum[k] / n : this.#sum[k];
    }
    this.#sum.fill(0);
    this.#count.fill(0);
    this.n++;
  }

  /** @param {number} n */
  #reserve(n) {
    if (this.at.length >= n) return;
    const room = Math.max(256, n * 2);
    this.at = new Float64Array(room);
    for (let k = 0; k < this.ys.length; k++) this.ys[k] = new Float64Array(room);
  }
}
