// @ts-check
// Whose numbers a panel has. Elements with data-scope are filled for the part they name when it is not the whole host's.

import { attribute, write } from "./dom.js";

/** @type {Record<string, [label: string, explanation: string]>} */
const words = {
  container: ["this container", "Read inside a container: these numbers are not the whole host's"],
  pod: ["this pod", "Shared with the containers beside this one: these numbers are not the whole host's"],
};

/** @param {any} s snapshot */
export function showScopes(s) {
  if (!s.scopes) return;
  for (const element of document.querySelectorAll("[data-scope]")) {
    const [label, explanation] = words[s.scopes[element.getAttribute("data-scope") ?? ""]] ?? ["", ""];
    const badge = /** @type {HTMLElement} */ (element);
    if (badge.hidden !== (label === "")) badge.hidden = label === "";
    write(element, label);
    attribute(element, "title", explanation);
  }
}
