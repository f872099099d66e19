// @ts-check
// The help: which keys there are, and what each figure means. The words are in index.html, the keys come from keys.js.

import { one } from "./dom.js";

/** Keys that the browser or a panel looks after. */
const elsewhere = [
  { key: "← →", does: "on a chart: move the crosshair by a reading; Esc lets go" },
  { key: "Esc", does: "close this help" },
];

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

  /** @param {{key: string, does: string}[]} keys those that work everywhere */
  list(keys) {
    const list = one("#help-keys");
    for (const { key, does } of [...keys, ...elsewhere]) {
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
