// @ts-check
// Keys that work anywhere on the page, but not while somebody types. The help lists exactly these.

/**
 * @typedef {object} Key
 * @property {string} key as the event names it
 * @property {string} does the key of the words that say it, for the help
 * @property {() => void} press
 */

/** @param {Key[]} keys */
export function listen(keys) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") || typing(event.target)) return;
    const key = keys.find((k) => k.key === event.key);
    if (!key) return;
    event.preventDefault();
    key.press();
  });
}

/** @param {EventTarget | null} target */
function typing(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== "radio" && target.type !== "checkbox";
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}
