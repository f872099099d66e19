// @ts-check
// A source that failed keeps its last good numbers; this says so, calmly, beside them. Elements with data-source are
// filled for the sources they name.

import { age, known } from "../format.js";
import { say, term } from "../words/words.js";
import { attribute, one, write } from "./dom.js";

/** @typedef {{name: string, error: string, age: number | null, partial?: boolean, missing?: boolean}} Source */

export class Sources {
  #notice = one("#notice");

  /** @param {Source[]} sources those that fail */
  show(sources) {
    const told = new Set();
    for (const element of document.querySelectorAll("[data-source]")) {
      const names = (element.getAttribute("data-source") ?? "").split(" ");
      const bad = sources.find((source) => names.includes(source.name));
      if (bad) told.add(bad.name);
      tell(/** @type {HTMLElement} */ (element), bad);
    }
    const rest = sources.filter((source) => !told.has(source.name));
    this.#notice.hidden = rest.length === 0;
    write(this.#notice, rest.map(whole).join(say("host.semicolon")));
    attribute(this.#notice, "title", rest.map(({ error }) => error).join("\n"));
  }
}

/** @param {HTMLElement} element @param {Source | undefined} source */
function tell(element, source) {
  if (element.hidden !== !source) element.hidden = !source;
  if (!source) return;
  write(element, phrase(source));
  if (element.title !== source.error) element.title = source.error;
}

/** Where no panel is about it. @param {Source} source */
function whole(source) {
  // What it has kept can be read. The end of the error is what the system says, without names of files; a phone has no titles.
  if (source.name === "history") {
    const word = /^history is written/.test(source.error) ? "tables.history_grows" : "tables.history_in_memory";
    return say(word, { why: source.error.split(": ").at(-1) ?? "" });
  }
  return say("tables.source_is", { source: term("server.source", source.name), how: phrase(source) });
}

/** @param {Source} source */
function phrase(source) {
  if (source.partial) return say("tables.partly_read");
  return known(source.age) ? say("tables.last_read", { age: age(source.age) }) : say("tables.cannot_be_read");
}
