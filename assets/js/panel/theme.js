// @ts-check
// Dark, light, or as the system has it. Loading this module sets the remembered theme: index.html loads it before the
// first paint, so that nobody is shown a white flash on the way to a dark page.

import { recall, remember } from "../remember.js";
import { attribute, one, write } from "./dom.js";

const themes = /** @type {const} */ (["auto", "dark", "light"]);

const words = { auto: "as the system", dark: "dark", light: "light" };

/** @type {typeof themes[number]} */
let current = themes.find((theme) => theme === recall("theme")) ?? "auto";
document.documentElement.dataset.theme = current;

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
    current = themes[(themes.indexOf(current) + 1) % themes.length];
    document.documentElement.dataset.theme = current;
    remember("theme", current);
    this.#show();
    this.#changed();
  }

  #show() {
    const label = `Theme: ${words[current]}`;
    attribute(one("use", this.#button), "href", `#icon-theme-${current}`);
    attribute(this.#button, "title", `${label} (t)`);
    write(one(".hidden", this.#button), label);
  }
}
