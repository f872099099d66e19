// @ts-check
// Which panels are folded, and in which order they stand: the reader's choice, kept in this browser. Buttons, so that keys
// and fingers do as well as a mouse.

import { recall, remember } from "../remember.js";
import { say } from "../words/words.js";
import { attribute, make, one } from "./dom.js";

/** The boxes whose panels may change places, and the head of each panel. */
const boxes = { charts: "#charts-grid", tables: "main .tables" };
const heads = ".chart-head, .panel-head";

/** @typedef {{id: string, root: HTMLElement, fold: HTMLButtonElement, up: HTMLButtonElement, down: HTMLButtonElement}} Panel */

export class Arrange {
  /** @type {Map<string, Panel>} */
  #panels = new Map();
  #folded = new Set();
  #changed;
  #toggle = one("#arrange");

  /** @param {() => void} changed another panel is folded, or stands elsewhere */
  constructor(changed) {
    this.#changed = changed;
    for (const [name, selector] of Object.entries(boxes)) {
      const box = one(selector);
      for (const root of box.children) if (root instanceof HTMLElement) this.#add(root, name);
      const places = (recall(`order.${name}`) ?? "").split(",").filter(Boolean);
      for (const id of places) {
        const panel = this.#panels.get(id);
        if (panel?.root.parentElement === box) box.append(panel.root);
      }
    }
    this.fold((recall("folded") ?? "").split(","));
    this.#toggle.addEventListener("click", () => {
      const on = this.#toggle.getAttribute("aria-pressed") !== "true";
      attribute(this.#toggle, "aria-pressed", String(on));
      document.documentElement.dataset.arranging = String(on);
    });
    this.reword();
  }

  /** The ids of those that are folded. */
  get folded() {
    return [...this.#folded].sort();
  }

  /**
   * Fold exactly these.
   * @param {string[]} ids
   * @returns {boolean} whether all of them are there
   */
  fold(ids) {
    const wanted = ids.filter((id) => id !== "");
    this.#folded = new Set(wanted.filter((id) => this.#panels.has(id)));
    for (const panel of this.#panels.values()) this.#show(panel);
    return this.#folded.size === wanted.length;
  }

  reword() {
    for (const { root, fold, up, down } of this.#panels.values()) {
      const name = one(".chart-title, .title", root).textContent ?? "";
      attribute(fold, "aria-label", say("host.fold", { name }));
      attribute(up, "aria-label", say("host.move_up", { name }));
      attribute(down, "aria-label", say("host.move_down", { name }));
    }
  }

  /** @param {HTMLElement} root @param {string} box */
  #add(root, box) {
    const head = one(heads, root);
    const id = root.dataset.chart ?? root.id;
    const button = (/** @type {string} */ look, /** @type {string} */ sign) => {
      const made = make("button", look, sign);
      made.type = "button";
      return made;
    };
    /** @type {Panel} */
    const panel = { id, root, fold: button("fold", ""), up: button("toggle", "↑"), down: button("toggle", "↓") };
    panel.fold.dataset.testid = `fold-${id}`;
    panel.up.dataset.testid = `up-${id}`;
    panel.down.dataset.testid = `down-${id}`;
    head.prepend(panel.fold);
    head.append(make("span", "moves", panel.up, panel.down));
    panel.fold.addEventListener("click", () => this.#turn(panel));
    panel.up.addEventListener("click", () => this.#move(panel, box, -1));
    panel.down.addEventListener("click", () => this.#move(panel, box, 1));
    this.#panels.set(id, panel);
  }

  /** @param {Panel} panel */
  #turn(panel) {
    if (!this.#folded.delete(panel.id)) this.#folded.add(panel.id);
    remember("folded", this.folded.join());
    this.#show(panel);
    this.#changed();
  }

  /** @param {Panel} panel */
  #show({ id, root, fold }) {
    const folded = this.#folded.has(id);
    attribute(root, "data-folded", String(folded));
    attribute(fold, "aria-expanded", String(!folded));
  }

  /** Past the next one that can be seen. @param {Panel} panel @param {string} box @param {1 | -1} by */
  #move({ root, up, down }, box, by) {
    const parent = /** @type {HTMLElement} */ (root.parentElement);
    const seen = [...parent.children].filter((other) => other === root || other.checkVisibility());
    const other = seen[seen.indexOf(root) + by];
    if (!other) return;
    if (by < 0) other.before(root);
    else other.after(root);
    (by < 0 ? up : down).focus();
    root.scrollIntoView({ block: "nearest" });
    remember(`order.${box}`, [...parent.children].map((child) => /** @type {HTMLElement} */ (child).dataset.chart ?? child.id).join());
    this.#changed();
  }
}
