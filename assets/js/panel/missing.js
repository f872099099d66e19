// @ts-check
// What this host has not, or does not tell: nothing is wrong. Elements that are about it are put away (data-part names
// the sources they are made of), and one folded line at the foot says what is missing and why.

import { one, reveal, write } from "./dom.js";

/** @typedef {import("./sources.js").Source} Source */

export class Missing {
  #box = one("#missing");
  #names = one("#missing-names");
  #list = one("#missing-list");
  #told = "";

  /** @param {Source[]} sources those that are missing */
  show(sources) {
    const told = sources.map((source) => `${source.name}: ${source.error}`).join("\n");
    if (told === this.#told) return;
    this.#told = told;
    const absent = new Set(sources.map((source) => source.name));
    // Not hidden: that is for the panel itself, which knows whether it has something to show.
    for (const element of document.querySelectorAll("[data-part]")) {
      const parts = (element.getAttribute("data-part") ?? "").split(" ");
      element.toggleAttribute("data-absent", parts.every((part) => absent.has(part)));
    }
    reveal(this.#box, sources.length > 0);
    write(this.#names, sources.map((source) => source.name).join(", "));
    this.#list.replaceChildren(...sources.map(entry));
  }
}

/** @param {Source} source */
function entry({ name, error }) {
  const line = document.createElement("div");
  const term = document.createElement("dt");
  const reason = document.createElement("dd");
  term.textContent = name;
  reason.textContent = error;
  line.append(term, reason);
  return line;
}
