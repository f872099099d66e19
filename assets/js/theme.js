// @ts-check
// Dark, light, or as the system has it. Loading this module sets the theme of the address, or the remembered one: nothing is painted
// before that, so that nobody is shown a white flash on the way to a dark page.

import { recall, remember } from "./remember.js";

const themes = /** @type {const} */ (["auto", "dark", "light"]);

const wanted = new URLSearchParams(location.search).get("theme");
let current = themes.find((theme) => theme === wanted) ?? themes.find((theme) => theme === recall("theme")) ?? "auto";
document.documentElement.dataset.theme = current;

/** The theme in use. */
export function theme() {
  return current;
}

/** Use the one after this one. */
export function turn() {
  wear(themes[(themes.indexOf(current) + 1) % themes.length]);
}

/**
 * @param {string} name
 * @returns {boolean} whether there is such a theme
 */
export function wear(name) {
  const found = themes.find((theme) => theme === name);
  if (!found) return false;
  current = found;
  document.documentElement.dataset.theme = current;
  remember("theme", current);
  return true;
}
