// @ts-check
// The five-way switch: native radio buttons, so arrow keys and screen readers work as everywhere. It only says what was
// chosen; main.js switches.

import { term } from "../words/words.js";
import { one } from "./dom.js";

/** @typedef {import("../transport/transport.js").Technique} Technique */

export class Switch {
  #box = one("#switch");
  /** @type {Map<string, HTMLInputElement>} */
  #choices = new Map();

  /** @param {(technique: Technique) => void} chosen */
  constructor(chosen) {
    for (const input of this.#box.querySelectorAll("input")) {
      this.#choices.set(input.value, input);
      input.disabled = true;
    }
    this.#box.addEventListener("change", (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      if (input.checked) chosen(/** @type {Technique} */ (input.value));
    });
  }

  /** The techniques this server offers. @param {string[]} techniques */
  offer(techniques) {
    for (const [name, input] of this.#choices) input.disabled = !techniques.includes(name);
  }

  /** @param {string} technique */
  show(technique) {
    const input = this.#choices.get(technique);
    if (input && !input.checked) input.checked = true;
  }
}

/**
 * What a technique is called on screen.
 * @param {string} technique
 * @returns {string}
 */
export function called(technique) {
  return term("host.technique", technique);
}

/**
 * The glyph of a technique, for canvases.
 * @param {string} technique
 * @returns {Path2D} on a 20 × 20 grid
 */
export function glyph(technique) {
  return new Path2D(one(`#glyph-${technique} path`).getAttribute("d") ?? "");
}
