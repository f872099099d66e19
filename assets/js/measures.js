// @ts-check
// In what the reader likes to have some numbers told: network traffic in bytes or bits a second, the processor time of a
// process as a share of one core or of all of them.

import { recall, remember } from "./remember.js";

/** What there is to choose, the first unless something else was chosen. */
export const choices = /** @type {const} */ ({
  traffic: ["bytes", "bits"],
  share: ["core", "total"],
});

/** @typedef {keyof typeof choices} Measure */

/** @type {Record<Measure, string>} */
const current = { traffic: found("traffic", recall("traffic")), share: found("share", recall("share")) };
/** how many processors the host has, as far as it has said */
let cores = 1;

/** @param {Measure} measure */
export function measure(measure) {
  return current[measure];
}

/**
 * @param {Measure} measure
 * @param {string} choice
 * @returns {boolean} whether there is such a choice
 */
export function useMeasure(measure, choice) {
  if (!(/** @type {readonly string[]} */ (choices[measure])).includes(choice)) return false;
  current[measure] = choice;
  remember(measure, choice);
  return true;
}

/** @param {number | undefined} n */
export function learnCores(n) {
  if (n && n > 0) cores = n;
}

/** What a process's cores are divided by. */
export function divisor() {
  return current.share === "total" ? cores : 1;
}

/** @param {Measure} measure @param {string | null} choice @returns {string} */
function found(measure, choice) {
  return choices[measure].find((/** @type {string} */ one) => one === choice) ?? choices[measure][0];
}
