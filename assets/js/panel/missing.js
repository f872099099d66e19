// @ts-check
// What this host has not, or does not tell: nothing is wrong. Elements that are about it are put away (data-part names
// the sources they are made of), and one folded line at the foot says what is missing and why.

import { say, term } from "../words/words.js";
import { one, reveal, write } from "./dom.js";

/** @typedef {import("./sources.js").Source} Source */

export class Missing {
  #box = one("#missing");
  #names = one("#missing-names");
  #list = one("#missing-list");
  #told = "";

  /** @param {Source[]} sources those that are missing */
  show(sources) {
    const told = sources.map(({ name, error }) => `${term("server.source", name)}: ${term("server.reason", error)}`).join("\n");
    if (told === this.#told) return;
    this.#told = told;
    const absent = new Set(sources.map((source) => source.name));
    // Not hidden: that is for the panel itself, which knows whether it has something to show.
    for (const element of document.querySelectorAll("[data-part]")) {
      const parts = (element.getAttribute("data-part") ?? "").split(" ");
      element.toggleAttribute("data-absent", parts.every((part) => absent.has(part)));
    }
    reveal(this.#box, sources.length > 0);
    write(this.#names, sources.map((source) => term("server.source", source.name)).join(say("host.comma")));
    this.#list.replaceChildren(...sources.map(entry));
  }
}

/** @param {Source} source */
function entry(source) {
  const line = document.createElement("div");
  const name = document.createElement("dt");
  const reason = document.createElement("dd");
  name.textContent = term("server.source", source.name);
  reason.textContent = term("server.reason", source.error);
  line.append(name, reason);
  return line;
}
