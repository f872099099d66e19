// @ts-check
// Slides a canvas to the left by the compositor. What is drawn a little into the future moves smoothly and costs nothing
// until something new happens, and that is drawn without stopping it.

const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Slide {
  #canvas;
  #ended;
  #smooth;
  /** @type {Animation | null} */
  #animation = null;
  #way = 0;
  #time = 0;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {() => void} ended there is nothing left of the future that was drawn
   * @param {number} [smooth] steps a second that are enough for the eye: at a slow pace 30 look like 60
   */
  constructor(canvas, ended, smooth = 30) {
    this.#canvas = canvas;
    this.#ended = ended;
    this.#smooth = smooth;
  }

  /** The reader wants nothing to move: draw once a second instead. */
  static get still() {
    return calm.matches;
  }

  /**
   * Goes on to where it goes, or begins: after its end, and for another way. To begin takes styles and frames of the page, so what
   * happens meanwhile is drawn where the canvas has come to.
   * @param {number} way CSS pixels
   * @param {number} time milliseconds that it takes
   * @returns {number} CSS pixels that the canvas has gone
   */
  run(way, time) {
    if (calm.matches) {
      this.stop();
      return 0;
    }
    const same = way === this.#way && time === this.#time;
    if (this.#animation && same && this.#animation.playState === "running") return (way * Number(this.#animation.currentTime ?? 0)) / time;
    if (this.#animation && same) {
      this.#animation.currentTime = 0;
      this.#animation.play();
      return 0;
    }
    this.stop();
    this.#way = way;
    this.#time = time;
    // By whole pixels: that keeps the picture sharp, and a step that nobody sees is not composited.
    const pixels = way * devicePixelRatio;
    const stride = Math.ceil(pixels / (time / 1000) / this.#smooth);
    const steps = Math.max(1, Math.round(pixels / stride));
    this.#animation = this.#canvas.animate(
      { transform: ["none", `translateX(${-way}px)`] },
      { duration: time, fill: "forwards", easing: `steps(${steps})` },
    );
    this.#animation.onfinish = () => this.#ended();
    return 0;
  }

  /** Where it was drawn. */
  stop() {
    this.#animation?.cancel();
    this.#animation = null;
  }
}
