// @ts-check
// The lesson that the page is to show: the address names it, a key or a link leads there. Which lessons there are only the
// wire lab knows, and it may not be here yet: until it is, any name will do.

import { one } from "./dom.js";

export class Lesson {
  /** the one chosen; "" is the first there is */
  name = "";
  /** the reader is to be brought there as soon as it can be seen */
  sought = false;
  /** the lab's, once it is here: shows that lesson @type {() => boolean} whether there is such a one */
  show = () => true;
  #changed;
  #open;

  /**
   * @param {() => void} changed another one was chosen
   * @param {() => void} open the wire lab is to be on screen
   */
  constructor(changed, open) {
    this.#changed = changed;
    this.#open = open;
    one("#skip-lessons").addEventListener("click", (event) => {
      event.preventDefault(); // the fragment is the view's
      this.seek();
    });
  }

  /** The reader has chosen one. @param {string} name */
  choose(name) {
    this.name = name;
    this.#changed();
  }

  /**
   * The address names one; it is the same where the page went to its other view.
   * @param {string} name
   * @returns {boolean} false: there is none of that name
   */
  take(name) {
    if (name !== this.name) this.sought = name !== "";
    this.name = name;
    return this.show();
  }

  /** The reader wants to go to the lessons, from wherever he is. */
  seek() {
    this.#open();
    this.sought = true;
    this.show();
  }
}
