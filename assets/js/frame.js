// @ts-check
// The one requestAnimationFrame of the page. Whoever has something to draw marks itself; all marks of a frame are worked
// off together, once, however often they were made. A hidden page gets no frames, so nothing is drawn for nobody.

/** @typedef {(now: number) => void} Job draws, or writes text; never reads layout it has just changed */

/** Milliseconds between two ticks of the page's clock. */
const tick = 200;
/** Ticks of a second. */
const second = 5;

export class Frame {
  /** @type {Set<Job>} */
  #marked = new Set();
  /** @type {Set<Job>} */
  #working = new Set();
  #asked = false;
  /** @type {{job: Job, every: number}[]} */
  #clocks = [];
  #timer = 0;
  #ticks = 0;
  #aligned = -Infinity;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#wind());
    this.#wind();
  }

  /**
   * Do this job in the next frame.
   * @param {Job} job the same function each time, so that marks meet
   */
  mark(job) {
    this.#marked.add(job);
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(this.#run);
  }

  /**
   * Do this job again and again, in a frame, while the page can be seen. All such jobs go by one clock, so that those
   * which are due together share a frame.
   * @param {number} period milliseconds, rounded to ticks
   * @param {Job} job
   */
  every(period, job) {
    this.#clocks.push({ job, every: Math.max(1, Math.round(period / tick)) });
  }

  /**
   * A second begins here: what is due each second shares the frame of what has just come, instead of having one of its own.
   * More often than once a second this does nothing.
   */
  align() {
    const now = performance.now();
    if (document.hidden || now - this.#aligned < (second - 0.5) * tick) return;
    this.#aligned = now;
    clearInterval(this.#timer);
    this.#ticks = Math.round(this.#ticks / second) * second;
    this.#timer = setInterval(this.#tick, tick);
    this.#tick();
  }

  /**
   * A way to mark this job that lets it through at most once in a period, and never forgets the last mark.
   * @param {() => number} period milliseconds
   * @param {Job} job
   * @returns {() => void}
   */
  atMost(period, job) {
    let last = -Infinity;
    let timer = 0;
    const pass = (/** @type {number} */ now) => {
      last = now;
      job(now);
    };
    return () => {
      if (timer) return;
      const wait = last + period() - performance.now();
      if (wait <= 0) this.mark(pass);
      else {
        timer = setTimeout(() => {
          timer = 0;
          this.mark(pass);
        }, wait);
      }
    };
  }

  /** @param {number} now */
  #run = (now) => {
    this.#asked = false;
    const work = this.#marked;
    this.#marked = this.#working;
    this.#working = work;
    for (const job of work) job(now);
    work.clear();
  };

  #wind() {
    clearInterval(this.#timer);
    this.#ticks = 0;
    if (!document.hidden) this.#timer = setInterval(this.#tick, tick);
  }

  #tick = () => {
    for (const { job, every } of this.#clocks) if (this.#ticks % every === 0) this.mark(job);
    this.#ticks++;
  };
}
