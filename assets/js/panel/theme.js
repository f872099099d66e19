// @ts-check
// The button that goes from one theme to the next, and who must know when colours are other ones.

import { theme, turn, wear } from "../theme.js";
import { caption } from "../words/words.js";
import { attribute, one } from "./dom.js";

export class Theme {
  #button = one("#theme");
  #changed;

  /** @param {() => void} changed colours are other ones now */
  constructor(changed) {
    this.#changed = changed;
    this.#button.addEventListener("click", () => this.next());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => changed());
    matchMedia("(forced-colors: active)").addEventListener("change", () => changed());
    matchMedia("(prefers-contrast: more)").addEventListener("change", () => changed());
    this.#show();
  }

  /** The one after this one. */
  next() {
    turn();
    this.#show();
    this.#changed();
  }

  /** @param {string} name @returns {boolean} whether there is such a theme */
  use(name) {
    if (!wear(name)) return false;
    this.#show();
    this.#changed();
    return true;
  }

  #show() {
    const now = theme();
    attribute(one("use", this.#button), "href", `#icon-theme-${now}`);
    caption(this.#button, `host.theme_${now}`, "data-say-title");
    caption(one(".hidden", this.#button), `host.theme_${now}`);
  }
}
