// @ts-check
// The two views of the page, host and wire lab: which one the address names (#host, #lab), else the lab for one of its
// lessons (?lesson=), else the one looked at last.

import { recall, remember } from "../remember.js";
import { one, reveal } from "./dom.js";

/** @typedef {"host" | "lab"} View */

/** The element of each, in their order. */
const elements = { host: "#main", lab: "#lab" };
const names = /** @type {View[]} */ (Object.keys(elements));
/** What the address says for them. */
export const fragments = names.map((name) => `#${name}`);

export class Views {
  /** @type {View} */
  current;
  #shown;

  /** @param {(view: View) => void} shown another one than before */
  constructor(shown) {
    this.#shown = shown;
    const taught = new URLSearchParams(location.search).get("lesson");
    this.current = named() ?? (taught ? "lab" : names.find((name) => name === recall("view"))) ?? "host";
    this.#show();
    addEventListener("hashchange", () => this.#go(named() ?? this.current));
  }

  /** The other one. */
  next() {
    this.open(names[(names.indexOf(this.current) + 1) % names.length]);
  }

  /** @param {View} view */
  open(view) {
    if (view !== this.current) location.hash = view;
  }

  /** @param {View} view */
  #go(view) {
    if (view === this.current) return;
    this.current = view;
    remember("view", view);
    this.#show();
    scrollTo(0, 0);
    this.#shown(view);
  }

  #show() {
    for (const name of names) reveal(one(elements[name]), name === this.current);
    for (const link of document.querySelectorAll("#views a")) {
      if (link.getAttribute("data-view") === this.current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    one("#skip").setAttribute("href", elements[this.current]);
  }
}

/** @returns {View | undefined} what the address says; a fragment may be there for something else */
function named() {
  return names.find((name) => `#${name}` === location.hash);
}
