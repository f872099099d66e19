// @ts-check
// Colours and type for canvases, read from the design tokens, so that CSS stays the only place that knows a colour.

/**
 * The values of custom properties as an element sees them now.
 * @param {Element} element
 * @param {readonly string[]} names without the two dashes
 * @returns {Record<string, string>}
 */
export function inks(element, names) {
  const style = getComputedStyle(element);
  /** @type {Record<string, string>} */
  const out = {};
  for (const name of names) out[name] = style.getPropertyValue(`--${name}`).trim();
  return out;
}

/**
 * The font of an element, for text on a canvas inside it.
 * @param {Element} element
 * @returns {{font: string, size: number}} size in CSS pixels
 */
export function type(element) {
  const style = getComputedStyle(element);
  return { font: `${style.fontSize} ${style.fontFamily}`, size: parseFloat(style.fontSize) };
}

/**
 * @param {string} colour as a registered custom property computes: "rgb(1, 2, 3)"
 * @returns {[number, number, number]}
 */
export function channels(colour) {
  const n = colour.match(/[\d.]+/g) ?? [];
  return [Number(n[0] ?? 128), Number(n[1] ?? 128), Number(n[2] ?? 128)];
}
