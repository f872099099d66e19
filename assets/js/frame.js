// @ts-check
// The one requestAnimationFrame of the page. Whoever has something to draw marks itself; all marks of a frame are worked
// off together, once, however often they were made, pictures before texts. A hidden page gets no frames, so nothing is drawn
// for nobody.

/** @typedef {(now: number) => void} Job draws, or writes text; never reads layout it has just changed */

/** Milliseconds between two ticks of the page's clock. */
const tick = 200;
/** The clock goes so much slower behind what comes each second, so that the next of it is there before the second is over. */
const late = 1.04;
/** Ticks of a second. */
const second = 5;
/** What is due within so many milliseconds is due: the next tick would be further away. */
const slack = tick / 2;
/** This part of a period is enough between two marks that are let through. */
const early = 0.75;

export class Frame {
  /** @type {Set<Job>} */
  #pictures = new Set();
  /** @type {Set<Job>} */
  #texts = new Set();
  #asked = false;
  /** @type {{job: Job, every: number, at: number}[]} */
  #clocks = [];
  /** what has been put off, and when it is due @type {Map<() => void, number>} */
  #later = new Map();
  #timer = 0;
  #ticks = 0;
  #aligned = -Infinity;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#wind());
    this.#wind();
  }

  /**
   * Do this job in the next frame. It writes text.
   * @param {Job} job the same function each time, so that marks meet
   */
  mark = (job) => {
    this.#texts.add(job);
    this.#ask();
  };

  /**
   * Likewise for what only draws on canvases, or reads styles. It comes before all texts of that frame: a canvas that is given a
   * font has the browser lay out what was written, and what is written afterwards would need another layout.
   * @param {Job} job
   */
  draw = (job) => {
    this.#pictures.add(job);
    this.#ask();
  };

  /**
   * Do this job again and again, in a frame, while the page can be seen. All such jobs go by one clock, so that those
   * which are due together share a frame.
   * @param {number} period milliseconds, rounded to ticks
   * @param {Job} job writes text
   * @param {number} [at] so many milliseconds after a period's beginning
   */
  every(period, job, at = 0) {
    this.#clocks.push({ job, every: Math.max(1, Math.round(period / tick)), at: Math.round(at / tick) });
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
    this.#timer = setInterval(this.#tick, tick * late);
    this.#tick();
  }

  /**
   * A way to mark this job that lets it through at most once in a period, and never forgets the last mark: that waits for
   * the page's clock.
   * @param {() => number} period milliseconds
   * @param {Job} job
   * @param {(job: Job) => void} [mark] draw, where it is a picture
   * @returns {() => void}
   */
  atMost(period, job, mark = this.mark) {
    let last = -Infinity;
    const pass = (/** @type {number} */ now) => {
      last = now;
      this.#later.delete(go);
      job(now);
    };
    const go = () => mark(pass);
    return () => {
      // A little early is better than late: what was late once would have frames of its own from then on.
      if (performance.now() - last >= early * period()) go();
      else this.#later.set(go, last + period());
    };
  }

  #ask() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(this.#run);
  }

  /** @param {number} now */
  #run = (now) => {
    for (const jobs of [this.#pictures, this.#texts]) {
      const work = [...jobs];
      jobs.clear();
      for (const job of work) {
        try {
          job(now);
        } catch (error) {
          reportError(error); // what one cannot show takes nothing away from the others
        }
      }
    }
    this.#asked = false;
    if (this.#pictures.size + this.#texts.size > 0) this.#ask();
  };

  #wind() {
    clearInterval(this.#timer);
    this.#ticks = 0;
    if (!document.hidden) this.#timer = setInterval(this.#tick, tick);
  }

  #tick = () => {
    const now = performance.now();
    for (const [go, due] of this.#later) if (now >= due - slack) go();
    for (const { job, every, at } of this.#clocks) if (this.#ticks % every === at) this.mark(job);
    this.#ticks++;
  };
}
