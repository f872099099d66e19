// @ts-check
// The few things every panel does to the document. Text and attributes are only written when they differ from what is
// there: what does not change costs no layout.

import { caption } from "../words/words.js";

/**
 * The element that must be there.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T}
 */
export function one(selector, within = document) {
  const element = within.querySelector(selector);
  if (!element) throw new Error(`index.html has no ${selector}`);
  return /** @type {T} */ (/** @type {unknown} */ (element));
}

/**
 * The element for one field of a panel.
 * @param {string} name
 * @param {ParentNode} [within]
 * @returns {HTMLElement}
 */
export function field(name, within = document) {
  return one(`[data-field="${name}"]`, within);
}

/**
 * A copy of what is inside a template.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function stamp(id) {
  const template = /** @type {HTMLTemplateElement} */ (one(`template#${id}`));
  return /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
}

/**
 * A new element with what is inside it. Strings become text, never markup.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [look] class names
 * @param {...(Node | string)} inside
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, look = "", ...inside) {
  const element = document.createElement(tag);
  if (look) element.className = look;
  element.append(...inside);
  return element;
}

/**
 * A new element with words that stay with it when the language changes.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} key
 * @param {string} [look] class names
 */
export function said(tag, key, look) {
  const element = make(tag, look);
  caption(element, key);
  return element;
}

/**
 * One of the drawings that index.html keeps, such as "glyph-sse" or "icon-help".
 * @param {string} id
 * @param {string} [look] class names
 * @returns {SVGSVGElement}
 */
export function symbol(id, look = "glyph") {
  const space = "http" + "://www.w3.org/2000/svg";
  const svg = /** @type {SVGSVGElement} */ (document.createElementNS(space, "svg"));
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#${id}`);
  svg.setAttribute("class", look);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/**
 * Makes a drawing another one.
 * @param {SVGSVGElement} svg
 * @param {string} id
 */
export function redraw(svg, id) {
  if (svg.firstElementChild) attribute(svg.firstElementChild, "href", `#${id}`);
}

/**
 * @param {Element} element has text and nothing else inside
 * @param {string} text
 */
export function write(element, text) {
  const node = element.firstChild;
  if (node === null) {
    if (text !== "") element.textContent = text;
  } else if (node.nodeValue !== text) node.nodeValue = text;
}

/**
 * @param {HTMLElement} element
 * @param {boolean} visible
 */
export function reveal(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function attribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * A number for CSS to draw with.
 * @param {HTMLElement | SVGElement} element
 * @param {string} name custom property, without the dashes
 * @param {number} value
 */
export function property(element, name, value) {
  const text = String(Math.round(value * 1000) / 1000);
  const full = `--${name}`;
  if (element.style.getPropertyValue(full) !== text) element.style.setProperty(full, text);
}
