// @ts-check
// From numbers to pixels: the plot's rectangle and what its edges mean. One per chart, filled anew for each draw. Pure.

export class View {
  left = 0;
  top = 0;
  width = 0;
  height = 0;
  /** Unix milliseconds at the left and the right edge */
  from = 0;
  to = 1;
  /** the value at the upper edge; the lower one is 0, or -max when mirrored */
  max = 1;
  mirrored = false;
  /** size of the type, in CSS pixels: what labels need room by */
  size = 11;

  get right() {
    return this.left + this.width;
  }

  get bottom() {
    return this.top + this.height;
  }

  /** Where 0 is. */
  get zero() {
    return this.mirrored ? this.top + this.height / 2 : this.bottom;
  }

  /** Pixels per unit. */
  get rise() {
    return (this.mirrored ? this.height / 2 : this.height) / this.max;
  }

  /** @param {number} at */
  x(at) {
    return this.left + ((at - this.from) / (this.to - this.from)) * this.width;
  }

  /** @param {number} v */
  y(v) {
    return this.zero - v * this.rise;
  }

  /** The moment under a pixel. @param {number} x */
  at(x) {
    return this.from + ((x - this.left) / this.width) * (this.to - this.from);
  }
}
