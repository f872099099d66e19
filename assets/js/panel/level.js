// @ts-check
// When something is filling up, and the word for it. The same limits wherever fullness is shown.

import { say } from "../words/words.js";

/**
 * @param {number | null | undefined} ratio
 * @returns {{level: "" | "warn" | "alarm", word: string}}
 */
export function fullness(ratio) {
  if (ratio == null || ratio < 0.9) return { level: "", word: "" };
  return ratio < 0.97 ? { level: "warn", word: say("tables.nearly_full") } : { level: "alarm", word: say("tables.full") };
}
