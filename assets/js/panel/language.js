// @ts-check
// The button that goes from one language to the next. It shows the letters of the one it would go to, in that language.

import { follow, languages, next, speak, spoken } from "../words/words.js";
import { attribute, one, write } from "./dom.js";

export class Language {
  #button = one("#language");
  #letters = one("#language-letters");

  constructor() {
    this.#button.addEventListener("click", () => this.next());
    follow(() => this.#show());
    this.#show();
  }

  /** The one after this one. Where it cannot be fetched, the page stays as it is. */
  next() {
    speak(next()).catch(() => {});
  }

  #show() {
    const other = languages[next()];
    write(this.#letters, other.short);
    attribute(this.#letters, "lang", other.tag);
    attribute(this.#button, "data-language", spoken());
  }
}
