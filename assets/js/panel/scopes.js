// @ts-check
// Whose numbers a panel has. Elements with data-scope are filled for the part they name when it is not the whole host's.

import { caption } from "../words/words.js";
import { reveal } from "./dom.js";

/** Scopes that are told; the host's is what everybody expects. */
const told = ["container", "pod"];

/** Parts that have no scope of their own, and whose they share. @type {Map<string, string>} */
const shared = new Map([["load", "cpu"], ["frequency", "cpu"], ["swap", "memory"], ["paging", "memory"]]);

/** @param {any} s snapshot */
export function showScopes(s) {
  for (const element of document.querySelectorAll("[data-scope]")) {
    const part = element.getAttribute("data-scope") ?? "";
    const scope = s.scopes?.[shared.get(part) ?? part];
    reveal(/** @type {HTMLElement} */ (element), told.includes(scope));
    if (!told.includes(scope)) continue;
    caption(element, `tables.scope_${scope}`);
    caption(element, `tables.scope_title_${scope}`, "data-say-title");
  }
}
