// @ts-check
// Whose numbers a panel has. Elements with data-scope are filled for the part they name when it is not the whole host's.

import { attribute, reveal, write } from "./dom.js";

/** @type {Map<string, [label: string, explanation: string]>} */
const words = new Map([
  ["container", ["this container", "Read inside a container: these numbers are not the whole host's"]],
  ["pod", ["this pod", "Shared with the containers beside this one: these numbers are not the whole host's"]],
]);

/** Parts that have no scope of their own, and whose they share. @type {Map<string, string>} */
const shared = new Map([["load", "cpu"], ["frequency", "cpu"], ["swap", "memory"], ["paging", "memory"]]);

/** @param {any} s snapshot */
export function showScopes(s) {
  for (const element of document.querySelectorAll("[data-scope]")) {
    const part = element.getAttribute("data-scope") ?? "";
    const [label, explanation] = words.get(s.scopes?.[shared.get(part) ?? part]) ?? ["", ""];
    reveal(/** @type {HTMLElement} */ (element), label !== "");
    write(element, label);
    attribute(element, "title", explanation);
  }
}
