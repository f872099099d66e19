// @ts-check
// The line that says what of the address means nothing here, and what would.

import { once } from "../config.js";
import { follow, say } from "../words/words.js";
import { strays } from "./address.js";
import { one, reveal, write } from "./dom.js";
import { fragments } from "./views.js";

export class Ignored {
  #notice = one("#address-notice");
  /** in the words of the language in use @type {() => string} */
  #said = () => "";

  constructor() {
    follow(() => write(this.#notice, this.#said()));
  }

  /**
   * @param {string[]} bad names of the query whose values mean nothing
   * @param {URLSearchParams} query
   * @param {string[]} mirrored the names that the page's state has
   */
  show(bad, query, mirrored) {
    const place = document.getElementById(location.hash.slice(1)) ? "" : location.hash;
    const { values, names, twice } = strays(query, place, mirrored, once, fragments);
    this.#said = () => {
      const list = (/** @type {readonly string[]} */ words) => words.join(say("host.comma"));
      const keys = [...bad, ...values.map(({ name, may }) => say("host.address_may", { name, may: list(may) }))];
      return [
        keys.length > 0 ? say("host.address_ignored", { keys: list(keys) }) : "",
        bad.includes("from") || bad.includes("to") ? say("host.address_between") : "",
        twice.length > 0 ? say("host.address_twice", { keys: list(twice) }) : "",
        names.length > 0 ? say("host.address_unknown", { keys: list(names), known: list([...mirrored, ...Object.keys(once)]) }) : "",
      ].filter(Boolean).join(say("host.semicolon"));
    };
    write(this.#notice, this.#said());
    reveal(this.#notice, this.#said() !== "");
  }
}
