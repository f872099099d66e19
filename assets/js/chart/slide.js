// @ts-check
// Slides a canvas to the left by the compositor. What is drawn a little into the future moves smoothly and costs nothing
// until something new happens.

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
    calm.addEventListener("change", () => {
      this.stop();
      ended();
    });
  }

  /** The reader wants nothing to move: draw once a second instead. */
  static get still() {
    return calm.matches;
  }

  /**
   * From the beginning.
   * @param {number} way CSS pixels
   * @param {number} time milliseconds that it takes
   */
  run(way, time) {
    if (calm.matches) return;
    if (this.#animation && way === this.#way && time === this.#time) {
      this.#animation.currentTime = 0;
      this.#animation.play();
      return;
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
  }

  /** Where it was drawn. */
  stop() {
    this.#animation?.cancel();
    this.#animation = null;
  }
}
