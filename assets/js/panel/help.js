// @ts-check
// The help: which keys there are, and what each figure means. The words are in index.html, the keys come from keys.js.

import { one } from "./dom.js";

/** @typedef {import("./keys.js").Key} Key */

export class Help {
  #dialog = /** @type {HTMLDialogElement} */ (one("dialog#help"));

  constructor() {
    one("#help-open").addEventListener("click", () => this.open());
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  open() {
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** @param {{key: string, does: string}[]} keys */
  list(keys) {
    const list = one("#help-keys");
    for (const { key, does } of keys) {
      const entry = document.createElement("div");
      const term = document.createElement("dt");
      const cap = document.createElement("kbd");
      const meaning = document.createElement("dd");
      cap.textContent = key;
      meaning.textContent = does;
      term.append(cap);
      entry.append(term, meaning);
      list.append(entry);
    }
  }
}
