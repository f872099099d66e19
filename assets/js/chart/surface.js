// @ts-check
// A canvas with as many pixels as the screen has under it, which knows whether anybody can see it. Everything that is
// drawn is drawn on one of these, in CSS pixels.

export class Surface {
  /** in CSS pixels */
  width = 0;
  height = 0;
  #canvas;
  #context;
  #changed;
  #ratio = 1;
  #seen = true;
  #owed = false;

  /**
   * @param {HTMLCanvasElement} canvas its size is CSS's business
   * @param {() => void} changed it has another size, or came into sight and was not drawn meanwhile
   */
  constructor(canvas, changed) {
    this.#canvas = canvas;
    this.#changed = changed;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const sizes = new ResizeObserver(([entry]) => this.#resize(entry));
    try {
      sizes.observe(canvas, { box: "device-pixel-content-box" });
    } catch {
      sizes.observe(canvas);
    }
    const sight = new IntersectionObserver((entries) => {
      this.#seen = entries[entries.length - 1].isIntersecting;
      if (this.#seen && this.#owed) changed();
    }, { rootMargin: "64px" });
    sight.observe(canvas);
    canvas.addEventListener("paper", () => { this.#seen = true; });
    canvas.addEventListener("screen", () => {
      sight.unobserve(canvas); // which has it look anew
      sight.observe(canvas);
    });
  }

  get canvas() {
    return this.#canvas;
  }

  /**
   * An empty canvas to draw on; null while there is nobody to draw for.
   * @returns {CanvasRenderingContext2D | null}
   */
  begin() {
    this.#owed = !this.#seen;
    if (this.#owed || this.width === 0 || this.height === 0) return null;
    const ctx = this.#context;
    ctx.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    return ctx;
  }

  /**
   * The middle of a device pixel, where a hairline is sharp.
   * @param {number} v in CSS pixels
   */
  crisp(v) {
    return (Math.floor(v * this.#ratio) + 0.5) / this.#ratio;
  }

  /** One device pixel in CSS pixels. */
  get hair() {
    return 1 / this.#ratio;
  }

  /** @param {ResizeObserverEntry} entry */
  #resize(entry) {
    this.#ratio = devicePixelRatio || 1;
    this.width = entry.contentRect.width;
    this.height = entry.contentRect.height;
    const exact = entry.devicePixelContentBoxSize?.[0];
    const w = whole(this.width * this.#ratio, exact?.inlineSize);
    const h = whole(this.height * this.#ratio, exact?.blockSize);
    if (this.#canvas.width !== w) this.#canvas.width = w;
    if (this.#canvas.height !== h) this.#canvas.height = h;
    this.#changed();
  }
}

/**
 * The number of device pixels: as the browser counts them, unless it counts others than devicePixelRatio does (a page
 * in an emulated device).
 * @param {number} computed
 * @param {number | undefined} counted
 */
function whole(computed, counted) {
  return counted !== undefined && Math.abs(counted - computed) < 2 ? counted : Math.round(computed);
}
