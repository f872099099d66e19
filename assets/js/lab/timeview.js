// @ts-check
// What of time all lanes show: how much, up to when, and on what scale of staleness.

/** What can be shown, in milliseconds. */
export const spans = [5_000, 10_000, 20_000, 30_000, 60_000];

export class TimeView {
  /** milliseconds from the left edge to the right one */
  span = 20_000;
  /** milliseconds of staleness at the top of the scale */
  max = 2000;
  #still = NaN;

  /** Whether time stands still. */
  get frozen() {
    return !Number.isNaN(this.#still);
  }

  /** The moment at the right edge, on performance.now()'s clock. */
  get now() {
    return this.frozen ? this.#still : performance.now();
  }

  /** @param {boolean} still */
  freeze(still) {
    this.#still = still ? performance.now() : NaN;
  }

  /** Moves what is shown, while time stands still, so that this moment can be seen. @param {number} at */
  reveal(at) {
    if (!this.frozen) return;
    const edge = this.span / 20;
    if (at > this.#still - edge) this.#still = at + edge;
    else if (at < this.#still - this.span + edge) this.#still = at + this.span - edge;
  }

  /**
   * More or less of it.
   * @param {number} by 1: the next longer span; -1: the next shorter one
   */
  zoom(by) {
    const i = spans.indexOf(this.span) + by;
    this.span = spans[Math.min(spans.length - 1, Math.max(0, i))];
  }
}
