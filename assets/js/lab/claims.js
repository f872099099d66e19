// @ts-check
// What articles claim about the five techniques, claim by claim: the lesson that measures it here and what came out, or why
// it cannot be measured from this page.

import { bytes } from "../format.js";
import { make, write } from "../panel/dom.js";
import { caption, follow, say } from "../words/words.js";
import { lessons, written } from "./lessons.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("./lessons.js").Answer} Answer */

/** How many claims there are, numbered from 1. */
const all = 28;
/** The one about a million viewers, which is reckoned from a measured crowd. */
const million = 28;

export class Claims {
  #lab;
  #table = make("table", "claims-table");
  /** what came of each lesson in this visit @type {Map<string, Answer[]>} */
  #came = new Map();
  /** @type {{n: number, taught: string[], value: HTMLElement}[]} */
  #rows = [];

  /** @param {HTMLElement} root @param {Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    root.dataset.testid = "claims";
    const [title, note] = [make("h2", "title"), make("p", "panel-note")];
    caption(title, "claims.title");
    caption(note, "claims.note");
    this.#table.dataset.testid = "claims-table";
    const box = make("div", "table-scroll", this.#table);
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    caption(box, "claims.title", "data-say-label");
    root.append(make("div", "panel-head", title, note), box);
    this.#build();
    lab.on("lesson", ({ lesson, answers }) => {
      this.#came.set(lesson, answers);
      this.#draw();
    });
    follow(() => this.#draw());
    this.#draw();
  }

  #build() {
    const head = make("tr");
    for (const key of ["number", "claim", "how", "measured"]) {
      const cell = make("th", key === "number" ? "number" : "");
      cell.scope = "col";
      caption(cell, `claims.head_${key}`);
      head.append(cell);
    }
    const body = make("tbody");
    for (let n = 1; n <= all; n++) {
      const taught = lessons.filter(({ claims }) => claims.includes(n)).map(({ name }) => name);
      const [claim, how, value] = [make("th"), make("td"), make("td")];
      claim.scope = "row";
      caption(claim, `claims.claim_${n}`);
      for (const name of taught) {
        const button = make("button", "toggle");
        button.type = "button";
        button.dataset.testid = `claim-${n}-${name}`;
        caption(button, `lessons.of_${name}`);
        button.addEventListener("click", () => this.#lab.tell("learn", { lesson: name }));
        how.append(button, " ");
      }
      if (taught.length === 0) caption(how, `claims.how_${n}`);
      body.append(make("tr", "", make("td", "number", String(n)), claim, how, value));
      this.#rows.push({ n, taught, value });
    }
    this.#table.append(make("thead", "", head), body);
  }

  #draw() {
    for (const { n, taught, value } of this.#rows) write(value, this.#value(n, taught));
  }

  /** @param {number} n @param {string[]} taught */
  #value(n, taught) {
    if (n === million) {
      const memory = this.#came.get("crowd")?.find(({ figure }) => figure === "memory_per_viewer")?.measured;
      return memory === undefined || Number.isNaN(memory) ? say("claims.run_crowd") : say("claims.reckoned", { memory: bytes(memory * 1e6), each: bytes(memory) });
    }
    if (taught.length === 0) return say("claims.not_here");
    const told = [];
    for (const name of taught) {
      for (const answer of this.#came.get(name) ?? []) {
        if (answer.choice !== undefined) told.push(say(`lessons.of_${name}_choice_${answer.choice}`));
        else told.push(say("claims.figure", { figure: say(`lessons.figure_${answer.figure}`), value: written(answer, answer.measured) }));
      }
    }
    return told.length > 0 ? told.join(say("host.semicolon")) : say("claims.not_yet");
  }
}
