// @ts-check
// Where the ticks of an axis go. Pure: numbers in, numbers out; what a tick is called is format.js's business.

/**
 * What an axis counts. ratio and number step by 1-2-5, bytes by powers of two; bits are bytes a second told in bits, and
 * step by 1-2-5 of those.
 * @typedef {"ratio" | "number" | "bytes" | "rate" | "bits"} Unit
 */

const decimal = [1, 2, 5, 10];
const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

/**
 * The smallest round step that puts at most `most` of them into `span`.
 * @param {number} span
 * @param {number} most
 * @param {Unit} unit
 * @returns {number}
 */
export function step(span, most, unit) {
  if (!(span > 0)) return 1;
  const least = span / Math.max(1, most);
  if (unit === "bits") return step(span * 8, most, "number") / 8;
  if (unit === "bytes" || unit === "rate") return 2 ** Math.ceil(Math.log2(Math.max(1, least)));
  const power = 10 ** Math.floor(Math.log10(least));
  for (const factor of decimal) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

/**
 * The top of an axis that starts at 0: the first round number that holds `max`.
 * @param {number} max
 * @param {number} most ticks
 * @param {Unit} unit
 * @returns {number}
 */
export function ceiling(max, most, unit) {
  const least = unit === "ratio" ? 0.01 : unit === "number" ? 1 : 1024;
  const top = Number.isFinite(max) ? Math.max(max, least) : least;
  const by = step(top, most, unit);
  return Math.ceil(top / by - 1e-9) * by;
}

/**
 * Round numbers above 0 up to `max`, which need not be round itself.
 * @param {number} max
 * @param {number} most
 * @param {Unit} unit
 * @returns {number[]}
 */
export function ticks(max, most, unit) {
  const by = step(max, most, unit);
  const out = [];
  for (let i = 1; i * by <= max * (1 + 1e-9); i++) out.push(i * by);
  return out;
}

/**
 * Milliseconds between two ticks of a time axis.
 * @param {number} span milliseconds
 * @param {number} most
 * @returns {number}
 */
export function timeStep(span, most) {
  const least = span / 1000 / Math.max(1, most);
  for (const s of seconds) {
    if (s >= least) return s * 1000;
  }
  return Math.ceil(least / 86400) * 86_400_000;
}
