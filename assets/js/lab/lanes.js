// @ts-check
// The lanes: what each technique does on the wire, as it happens, one below the other on the same time.

import { make, symbol, write } from "../panel/dom.js";
import { caption } from "../words/words.js";
import { count } from "../format.js";
import { named } from "./kinds.js";

export class Lanes {
  #lab;
  #list = make("ol", "lanes");
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();

  /** @param {HTMLElement} root @param {import("./lab.js").Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    const title = make("h2", "title");
    caption(title, "lanes.title");
    root.append(title, this.#list);
    lab.on("lanes", () => this.show());
  }

  show() {
    for (const lane of this.#lab.lanes) {
      let row = this.#rows.get(lane.key);
      if (!row) {
        const name = make("span", "badge", symbol(`glyph-${lane.technique}`), named(lane));
        row = make("b");
        row.dataset.testid = `lane-${lane.key}-messages`;
        const line = make("li", "lane", name, " ", row);
        line.dataset.technique = lane.technique;
        line.dataset.testid = `lane-${lane.key}`;
        this.#list.append(line);
        this.#rows.set(lane.key, row);
      }
      write(row, count(lane.counts.messages));
    }
  }
}
