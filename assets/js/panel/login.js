// @ts-check
// The key of a dashboard that has one. It comes behind # in the URL, which no server and no log ever sees, or is asked
// for; either way it is swapped for a cookie at once and kept nowhere.

import { Refused } from "../api.js";
import { one, write } from "./dom.js";

/** @typedef {import("../api.js").API} API */

export class Login {
  #api;
  #dialog = /** @type {HTMLDialogElement} */ (one("dialog#login"));
  #form = /** @type {HTMLFormElement} */ (one("#login-form"));
  #key = /** @type {HTMLInputElement} */ (one("#login-key"));
  #error = one("#login-error");

  /** @param {API} api */
  constructor(api) {
    this.#api = api;
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
  }

  /**
   * Use the key in the address bar, if there is one, and clear it away.
   * @returns {Promise<void>}
   */
  async fromAddress() {
    const key = new URLSearchParams(location.hash.slice(1)).get("k");
    if (!key) return;
    history.replaceState(history.state, "", location.pathname + location.search);
    try {
      await this.#api.login(key);
    } catch {
      // What comes next will say what is wrong, and ask.
    }
  }

  /**
   * Ask until the server takes it.
   * @returns {Promise<void>}
   */
  ask() {
    this.#dialog.showModal();
    return new Promise((resolve) => {
      const submit = async (/** @type {Event} */ event) => {
        event.preventDefault();
        write(this.#error, "");
        try {
          await this.#api.login(this.#key.value.trim());
        } catch (error) {
          const status = error instanceof Refused ? error.status : 0;
          write(this.#error, status === 0 ? "The server does not answer." : status === 429 ? "Too many tries: wait a little." : "That is not the key.");
          this.#key.select();
          return;
        }
        this.#form.removeEventListener("submit", submit);
        this.#key.value = "";
        this.#dialog.close();
        resolve();
      };
      this.#form.addEventListener("submit", submit);
    });
  }
}
