// @ts-check
// Who this page is to the server: the form that asks for a key or a password, and, for who is in, until when that is so,
// the way out, and the links that an operator hands to others. Its words are fetched when somebody needs it.

import { Refused } from "../api.js";
import { moment } from "../format.js";
import { show } from "../login.js";
import { caption, follow, load, say } from "../words/words.js";
import { field, make, one, reveal, write } from "./dom.js";

/** @typedef {import("../login.js").Standing} Standing */
/** @typedef {{id: string, until: number, url?: string}} Share */

/** Milliseconds between two questions to a server that does not answer. */
const pause = 2000;

export class Access {
  #api;
  #address;
  #dialog = /** @type {HTMLDialogElement} */ (one("dialog#access"));
  #form = /** @type {HTMLFormElement} */ (one("#access-form"));
  #keyForm = /** @type {HTMLFormElement} */ (one("#access-key-form"));
  #button = one("#access-open");
  #link = /** @type {HTMLInputElement} */ (one("#share-link"));
  /** @type {Standing | null} */
  #standing = null;
  /** called when somebody may look @type {() => void} */
  #entered = () => {};
  /** whether this page has shown numbers, and was thrown out */
  #expelled = false;
  #asking = false;
  /** the first answer, asked for while the rest of the page is built @type {Promise<Standing> | null} */
  #early;

  /** @param {import("../api.js").API} api @param {() => string} address of what is on screen */
  constructor(api, address) {
    this.#api = api;
    this.#address = address;
    const shown = show(api);
    this.#early = shown ? this.#first(shown) : api.login();
    this.#early.catch(() => {}); // enter asks again
    this.#button.addEventListener("click", () => void this.#open());
    for (const form of [this.#form, this.#keyForm]) form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit(form === this.#keyForm);
    });
    this.#dialog.addEventListener("cancel", (event) => {
      if (!this.#may()) event.preventDefault(); // there is nothing behind it to see
    });
    one("#access-leave").addEventListener("click", () => void this.#leave());
    one("#share-make").addEventListener("click", () => void this.#share());
    one("#share-none").addEventListener("click", () => void this.#unshare(""));
    this.#link.addEventListener("focus", () => this.#link.select());
    follow(() => this.#show());
  }

  /** Returns when this page may look: at once, or when somebody has logged in. */
  async enter() {
    for (;;) {
      try {
        this.#standing = await (this.#early ?? this.#api.login());
        break;
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return; // a server that asks nobody
        this.#early = null;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    reveal(this.#button, this.#standing?.asked === true);
    if (this.#may()) return;
    await this.#ask();
  }

  /** Something was refused, or a technique does not get through: is that because this page may look no more? */
  async check() {
    if (this.#asking || !this.#standing) return;
    this.#asking = true;
    try {
      this.#standing = await this.#api.login();
      reveal(this.#button, this.#standing.asked); // it may be another process, which asks
      if (!this.#may() && !this.#dialog.open) {
        this.#expelled = true;
        await this.#ask();
      }
    } catch {
      // then that is not why
    } finally {
      this.#asking = false;
    }
  }

  /** What stood behind the address opens, or it is said that it does not. @param {Promise<Standing>} shown */
  async #first(shown) {
    try {
      return await shown;
    } catch (error) {
      if (error instanceof Refused && error.status !== 0 && error.status !== 409) {
        await load("access");
        this.#say(error);
      }
      return this.#api.login();
    }
  }

  /** Whether this page may change what is for operators: it may where nobody is asked. */
  get operates() {
    return this.#standing === null || this.#standing.role === "operator";
  }

  #may() {
    return this.#standing !== null && this.#standing.role !== "anybody";
  }

  async #ask() {
    await this.#open();
    await new Promise((/** @type {(value: void) => void} */ resolve) => {
      this.#entered = resolve;
    });
  }

  async #open() {
    await load("access").catch(() => {}); // without words there are still the fields
    this.#show();
    if (!this.#dialog.open) this.#dialog.showModal();
    if (this.#may() && this.#standing?.role === "operator") void this.#list();
  }

  #show() {
    const standing = this.#standing;
    if (!standing) return;
    const may = this.#may();
    caption(one("#access-title"), may ? "access.you" : "access.login");
    const ways = standing.key || standing.password;
    reveal(this.#form, !may && ways);
    if (!may && !ways) {
      write(field("access-error"), say("access.proxy"));
      reveal(field("access-error"), true);
    }
    caption(one("#access-intro"), standing.key ? "access.intro" : "access.intro_names");
    reveal(one("#access-key-field"), standing.key);
    reveal(one("#access-user-field"), standing.password);
    reveal(one("#access-password-field"), standing.password);
    reveal(one("#access-close"), may);
    reveal(one("#access-you"), may);
    reveal(one("#access-leave"), standing.until !== undefined);
    reveal(one("#share"), standing.role === "operator" && standing.asked);
    if (!may) return;
    const until = standing.until === undefined ? "" : moment(standing.until, Date.now());
    write(field("access-role"), until ? say(`access.role_${standing.role}_until`, { until }) : say(`access.role_${standing.role}`));
    reveal(field("access-redacted"), standing.redacted);
  }

  /** @param {boolean} byKey Enter in the key's field: a browser may have filled in names */
  async #submit(byKey) {
    const value = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (one(`[name="${name}"]`, this.#form)).value;
    const body = !byKey && value("user") ? { user: value("user"), password: value("password") } : { key: value("key").trim() };
    this.#say(null);
    try {
      this.#standing = await this.#api.post("login", body);
    } catch (error) {
      this.#say(error);
      return;
    }
    for (const form of [this.#form, this.#keyForm]) form.reset();
    this.#dialog.close();
    if (this.#expelled) location.reload();
    this.#show();
    this.#entered();
  }

  /** @param {unknown} error null for none */
  #say(error) {
    const place = field("access-error");
    reveal(place, error !== null);
    if (error === null) return;
    const status = error instanceof Refused ? error.status : 0;
    const why = { 0: "access.no_answer", 401: "access.wrong", 429: "access.slowed" }[status];
    write(place, why ? say(why) : String(error instanceof Error ? error.message : error));
  }

  async #leave() {
    await this.#api.remove("login").catch(() => {});
    location.reload();
  }

  async #share() {
    const lasts = /** @type {HTMLSelectElement} */ (one("#share-for")).value;
    try {
      const made = await this.#api.post("share", { for: lasts });
      const link = new URL(made.url);
      link.search = new URL(this.#address()).search; // its fragment is the token
      this.#link.value = link.href;
      reveal(one("#share-made"), true);
      this.#link.focus();
      write(field("share-error"), "");
    } catch (error) {
      write(field("share-error"), error instanceof Error ? error.message : String(error));
    }
    await this.#list();
  }

  async #list() {
    /** @type {Share[]} */
    let shares = [];
    try {
      shares = (await this.#api.get("share")).shares;
    } catch {
      return;
    }
    one("#share-list").replaceChildren(...shares.map((share) => {
      const end = make("button", "toggle");
      end.type = "button";
      caption(end, "access.take_back");
      end.addEventListener("click", () => void this.#unshare(`/${share.id}`));
      return make("li", "share-entry", make("span", "", say("access.share_until", { id: share.id, until: moment(share.until, Date.now()) })), end);
    }));
    reveal(one("#share-none"), shares.length > 1);
  }

  /** @param {string} which "" for all */
  async #unshare(which) {
    await this.#api.remove(`share${which}`).catch(() => {});
    reveal(one("#share-made"), false);
    await this.#list();
  }
}
