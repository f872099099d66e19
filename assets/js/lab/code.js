// @ts-check
// The code twins: the Go file on the server and the JavaScript file in this browser, as they are running, side by side and
// open where the part begins that makes the technique. What else a technique is made of can be chosen in either half.

import { make, write } from "../panel/dom.js";
import { caption, follow, say } from "../words/words.js";
import { Techniques } from "./techniques.js";
import { lines } from "./tokens.js";

/** @typedef {import("../transport/transport.js").Technique} Technique */
/** @typedef {import("./tokens.js").Language} Language */
/** @typedef {{path: string, text: string, line: number}} Source */

/** One file at a time, and which. */
class Half {
  element = make("section", "code-half");
  #select = make("select", "chart-choice");
  #box = make("div", "code-box");
  #language;
  /** @type {Source[]} */
  #files = [];

  /** @param {Language} language */
  constructor(language) {
    this.#language = language;
    this.#select.dataset.testid = `code-${language}-file`;
    caption(this.#select, `code.file_${language}`, "data-say-label");
    this.#select.addEventListener("change", () => this.#show());
    this.#box.tabIndex = 0;
    this.#box.setAttribute("role", "region");
    caption(this.#box, `code.file_${language}`, "data-say-label");
    this.#box.dataset.testid = `code-${language}`;
    this.element.append(this.#select, this.#box);
  }

  /** @param {Source[]} files the first is the one to begin with */
  offer(files) {
    this.#files = files;
    this.#select.replaceChildren(...files.map(({ path }, i) => new Option(path, String(i))));
    this.#select.disabled = files.length < 2;
    this.#show();
  }

  #show() {
    const file = this.#files[Number(this.#select.value)];
    if (!file) {
      this.#box.replaceChildren(make("p", "nothing", say("code.nowhere")));
      return;
    }
    const rows = lines(file.text, this.#language).map((line, i) => {
      const row = make("span", i + 1 === file.line ? "code-line code-begin" : "code-line", ...line.map(({ kind, text }) => (kind ? make("span", `code-${kind}`, text) : text)), "\n");
      return row;
    });
    this.#box.replaceChildren(make("pre", "code", ...rows));
    const begin = rows[file.line - 1];
    this.#box.scrollTop = file.line > 1 && begin ? begin.offsetTop : 0;
    this.#box.scrollLeft = 0;
  }
}

export class Code {
  #lab;
  #choice;
  #halves = { go: new Half("go"), js: new Half("js") };
  #note = make("p", "panel-note");
  /** @type {Technique | undefined} what is shown, or is being fetched */
  #shown;

  /** @param {HTMLElement} root @param {import("./lab.js").Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    root.dataset.testid = "code";
    const first = lab.lanes.find((lane) => lane.page)?.technique ?? lab.config.techniques[0];
    this.#choice = new Techniques("code", "code.technique", lab.config.techniques, first, () => this.#fetch());
    const title = make("h2", "title");
    caption(title, "code.title");
    this.#note.setAttribute("role", "status");
    root.append(make("div", "code-head", title, this.#choice.element), this.#note, make("div", "code-halves", this.#halves.go.element, this.#halves.js.element));
    lab.on("select", (/** @type {{lane: import("./lane.js").Lane | null, exchange: object | null}} */ { lane }) => {
      if (!lane) return;
      this.#choice.value = lane.technique;
      if (this.#shown) this.#fetch(); // else when somebody looks
    });
    follow(() => this.#shown && write(this.#note, say("code.what")));
  }

  show() {
    if (!this.#shown) this.#fetch();
  }

  async #fetch() {
    const technique = this.#choice.value;
    if (technique === this.#shown) return;
    this.#shown = technique;
    try {
      const answer = await this.#lab.api.get(`code/${technique}`);
      if (technique !== this.#shown) return;
      /** @type {Source[]} */
      const more = answer.more;
      this.#halves.go.offer([answer.go, ...more.filter(({ path }) => path.endsWith(".go"))]);
      this.#halves.js.offer([answer.js, ...more.filter(({ path }) => path.endsWith(".js"))].filter(Boolean));
      write(this.#note, say("code.what"));
    } catch (error) {
      this.#shown = undefined; // asked again by the next look
      write(this.#note, say("code.failed", { why: error instanceof Error ? error.message : String(error) }));
    }
  }
}
