// @ts-check
// What articles claim about the five techniques, claim by claim: the lesson or the trial that measures it here, and what
// came out.

import { bytes } from "../format.js";
import { make, write } from "../panel/dom.js";
import { caption, follow, say } from "../words/words.js";
import { lessons, written } from "./lessons.js";
import { play } from "./play.js";
import { trials } from "./trials.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("./lessons.js").Answer} Answer */
/** @typedef {import("./stage.js").Piece} Piece */

/** How many claims there are, numbered from 1. */
const all = 28;
/** The one about a million viewers, which is reckoned from a measured crowd. */
const million = 28;

export class Claims {
  #lab;
  #table = make("table", "claims-table");
  #status = make("p", "hidden"); // who sees, sees it in the row
  /** @type {{trial: Piece, button: HTMLButtonElement}[]} */
  #buttons = [];
  /** @type {{trial: Piece, leaving: AbortController} | null} */
  #running = null;
  /** how each trial ended @type {Map<string, import("./play.js").Said>} */
  #ended = new Map();
  /** what came of each lesson and trial in this visit @type {Map<string, Answer[]>} */
  #came = new Map();
  /** @type {{n: number, measured: string[], value: HTMLElement}[]} */
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
    this.#status.setAttribute("role", "status");
    this.#status.dataset.testid = "claims-status";
    root.append(make("div", "panel-head", title, note), this.#status, box);
    this.#build();
    lab.on("lesson", ({ lesson, answers }) => {
      this.#came.set(lesson, answers);
      this.#draw();
    });
    lab.on("plays", () => this.#draw());
    follow(() => this.#draw());
    this.#draw();
  }

  /** The lab goes from the screen: a trial in its middle has been left. */
  closed() {
    this.#running?.leaving.abort();
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
      const [claim, how, value] = [make("th"), make("div", "claim-ways"), make("td")];
      claim.scope = "row";
      claim.id = `claim-${n}`;
      caption(claim, `claims.claim_${n}`);
      for (const name of taught) {
        const button = make("button", "toggle");
        button.type = "button";
        button.dataset.testid = `claim-${n}-${name}`;
        caption(button, `lessons.of_${name}`);
        button.addEventListener("click", () => this.#lab.tell("learn", { lesson: name }));
        how.append(button);
      }
      const trial = trials.find(({ claims }) => claims.includes(n));
      if (trial) {
        const button = make("button", "toggle");
        button.type = "button";
        button.dataset.testid = `trial-${trial.name}`;
        button.setAttribute("aria-describedby", claim.id); // or all of them are alike to who goes from button to button
        button.addEventListener("click", () => this.#press(trial));
        this.#buttons.push({ trial, button });
        how.append(button);
      }
      if (taught.length === 0) {
        const way = make("span");
        caption(way, `claims.how_${n}`);
        how.append(way);
      }
      body.append(make("tr", "", make("td", "number", String(n)), claim, make("td", "", how), value));
      this.#rows.push({ n, measured: trial ? [trial.name] : taught, value });
    }
    this.#table.append(make("thead", "", head), body);
  }

  /** Begins a trial, or leaves it. @param {Piece} trial */
  async #press(trial) {
    if (this.#running) return this.#running.leaving.abort();
    const leaving = new AbortController();
    this.#running = { trial, leaving };
    this.#came.delete(trial.name);
    write(this.#status, say("lessons.runs"));
    const { answers, said } = await play(this.#lab, trial, 0, leaving.signal, () => {});
    this.#running = null;
    this.#ended.set(trial.name, said);
    write(this.#status, say(said.key, said.fill));
    if (said.key === "lessons.done") this.#came.set(trial.name, answers);
    this.#draw();
  }

  #draw() {
    for (const { trial, button } of this.#buttons) {
      const runs = this.#running?.trial === trial;
      write(button, say(runs ? "claims.leave" : "lessons.begin"));
      button.disabled = !runs && this.#lab.playing !== "";
    }
    for (const { n, measured, value } of this.#rows) write(value, this.#value(n, measured));
  }

  /** @param {number} n @param {string[]} measured */
  #value(n, measured) {
    if (n === million) {
      const memory = this.#came.get("crowd")?.find(({ figure }) => figure === "memory_per_viewer")?.measured;
      return memory === undefined || Number.isNaN(memory) ? say("claims.run_crowd") : say("claims.reckoned", { memory: bytes(memory * 1e6), each: bytes(memory) });
    }
    if (this.#running && measured.includes(this.#running.trial.name)) return say("lessons.runs");
    const told = [];
    for (const name of measured) {
      for (const answer of this.#came.get(name) ?? []) {
        if (answer.choice !== undefined) told.push(say(`lessons.of_${name}_choice_${answer.choice}`));
        else told.push(say("claims.figure", { figure: say(`lessons.figure_${answer.figure}`), value: written(answer, answer.measured) }));
      }
    }
    if (told.length > 0) return told.join(say("host.semicolon"));
    const ended = this.#ended.get(measured[0]);
    if (ended) return say(ended.key, ended.fill);
    return say(this.#buttons.some(({ trial }) => trial.name === measured[0]) ? "claims.not_tried" : "claims.not_yet");
  }
}
