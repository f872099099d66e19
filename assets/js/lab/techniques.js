// @ts-check
// One of the five to choose from, as in the header: native radio buttons with the technique's glyph and colour. For panels
// that are about one technique at a time.

import { make, symbol } from "../panel/dom.js";
import { called } from "../panel/switch.js";
import { techniques } from "../transport/transport.js";
import { caption } from "../words/words.js";

/** @typedef {import("../transport/transport.js").Technique} Technique */

export class Techniques {
  element = make("fieldset", "techniques");
  /** @type {Map<Technique, HTMLInputElement>} */
  #inputs = new Map();

  /**
   * @param {string} name of the panel: of the group of radio buttons, and the beginning of their data-testid
   * @param {string} legend the key of what it asks
   * @param {readonly Technique[]} offered by this server
   * @param {Technique} first
   * @param {(technique: Technique) => void} [chosen]
   */
  constructor(name, legend, offered, first, chosen) {
    const words = make("legend", "hidden");
    caption(words, legend);
    this.element.append(words);
    for (const technique of techniques) {
      const input = make("input");
      Object.assign(input, { type: "radio", name: `${name}-technique`, value: technique, checked: technique === first, disabled: !offered.includes(technique) });
      input.dataset.testid = `${name}-${technique}`;
      input.addEventListener("change", () => chosen?.(technique));
      const label = make("label", "", input, symbol(`glyph-${technique}`), called(technique));
      label.dataset.technique = technique;
      this.#inputs.set(technique, input);
      this.element.append(label);
    }
  }

  /** @returns {Technique} */
  get value() {
    for (const [technique, input] of this.#inputs) if (input.checked) return technique;
    return techniques[0];
  }

  /** @param {Technique} technique */
  set value(technique) {
    const input = this.#inputs.get(technique);
    if (input) input.checked = true;
  }
}
