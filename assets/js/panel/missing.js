// @ts-check
// What this host has not, or does not tell: nothing is wrong. Panels that are about it are hidden (data-part names the
// source), and one folded line at the foot says what is missing and why.

import { one, write } from "./dom.js";

/** @typedef {import("./sources.js").Source} Source */

export class Missing {
  #box = one("#missing");
  #names = one("#missing-names");
  #list = one("#missing-list");
  #told = "";

  /** @param {Source[]} sources those that are missing */
  show(sources) {
    const absent = new Set(sources.map((source) => source.name));
    for (const element of document.querySelectorAll("[data-part]")) {
      const part = /** @type {HTMLElement} */ (element);
      const hidden = absent.has(part.dataset.part ?? "");
      if (part.hidden !== hidden) part.hidden = hidden;
    }
    const told = sources.map((source) => `${source.name}: ${source.error}`).join("\n");
    if (told === this.#told) return;
    this.#told = told;
    this.#box.hidden = sources.length === 0;
    write(this.#names, sources.map((source) => source.name).join(", "));
    this.#list.replaceChildren(...sources.flatMap((source) => [line("dt", source.name), line("dd", source.error)]));
  }
}

/** @param {string} tag @param {string} text */
function line(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
