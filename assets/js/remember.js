// @ts-check
// What this browser remembers of its reader's choices. A browser that may not store anything forgets, and nothing breaks.

const prefix = "fivewire.";

/**
 * @param {string} name
 * @returns {string | null}
 */
export function recall(name) {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(prefix + name, value);
  } catch {
    // Private windows and sandboxed frames may refuse; the choice then lasts as long as the page.
  }
}
