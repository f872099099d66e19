// @ts-check
// The help: which keys there are, and what each figure means. Its words are fetched when somebody asks for it, or when the
// page has nothing else to do.

import { caption, load } from "../words/words.js";
import { one } from "./dom.js";

/** Keys that the browser or a panel looks after. */
const elsewhere = [
  { key: "← →", does: "help.key_arrows" },
  { key: "+ -", does: "help.key_zoom" },
  { key: "⇤ ⇥", does: "help.key_ends" },
  { key: "Enter", does: "help.key_pick" },
  { key: "⌫", does: "help.key_undo" },
  { key: "Esc", does: "help.key_escape" },
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
    this.prepare();
  }

  /** Fetch the words. Without them it shows what it has, and tries again when it is opened again. */
  prepare() {
    load("help").catch(() => {});
  }

  /** @param {{key: string, does: string}[]} keys those that work everywhere, with the words for what they do */
  list(keys) {
    const list = one("#help-keys");
    for (const { key, does } of [...keys, ...elsewhere]) {
      const entry = document.createElement("div");
      const term = document.createElement("dt");
      const cap = document.createElement("kbd");
      const meaning = document.createElement("dd");
      cap.textContent = key;
      caption(meaning, does);
      term.append(cap);
      entry.append(term, meaning);
      list.append(entry);
    }
  }
}
