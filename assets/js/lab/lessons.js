// @ts-check
// The lessons: each asks for a prediction first, then measures on real traffic, and sets what came out beside what a
// formula expects. To add one, add its file to lesson/, its line here and its words to words/en/lessons.js and zh.

import { bytes, count, delay, percent, three, unknown } from "../format.js";
import { attribute, make, property, reveal, symbol, write } from "../panel/dom.js";
import { called } from "../panel/switch.js";
import { caption, follow, say } from "../words/words.js";
import { kinds, named } from "./kinds.js";
import again from "./lesson/again.js";
import alike from "./lesson/alike.js";
import answers from "./lesson/answers.js";
import binary from "./lesson/binary.js";
import compressed from "./lesson/compressed.js";
import crowd from "./lesson/crowd.js";
import empty from "./lesson/empty.js";
import framing from "./lesson/framing.js";
import heads from "./lesson/heads.js";
import late from "./lesson/late.js";
import longpoll from "./lesson/longpoll.js";
import phase from "./lesson/phase.js";
import proxy from "./lesson/proxy.js";
import six from "./lesson/six.js";
import slow from "./lesson/slow.js";
import thin from "./lesson/thin.js";
import together from "./lesson/together.js";
import upgrade from "./lesson/upgrade.js";
import upwards from "./lesson/upwards.js";
import { play } from "./play.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {"s" | "share" | "bytes" | "count" | "rate"} Unit */
/**
 * One line of what came out: a figure, or the choice that was right.
 * @typedef {object} Answer
 * @property {string} [figure] the end of its key of words, lessons.figure_…
 * @property {Unit} [unit]
 * @property {number} [measured] NaN: it could not be
 * @property {import("../transport/transport.js").Technique} [technique] what came out, where it is no number
 * @property {string} [text] likewise, in no language; "": nobody knows
 * @property {number | null} [expected] by the formula; null: there is none to expect it by
 * @property {string} [formula]
 * @property {boolean} [guessed] the prediction was of this one
 * @property {string} [choice] the one that was right
 */
/**
 * @typedef {import("./stage.js").Piece & Guided} Lesson
 * @typedef {object} Guided
 * @property {(interval: number) => number} seconds to watch, by the seconds between two messages
 * @property {{unit?: Unit, choices?: string[]}} guess what is to be predicted: a number, one of these, or both
 */

/** @typedef {{number: number, choice: string}} Guess what was predicted; NaN and "" where that was not asked */

/** From the simplest on. @type {Lesson[]} */
export const lessons = [
  late, phase, empty, slow, heads, longpoll, answers, together, framing, alike, compressed, binary, upwards, six, again, upgrade, proxy, thin, crowd,
];

/** No lesson is so short that nothing can be seen, nor so long that a class falls asleep; seconds. */
const bounds = { least: 5, most: 60 };

/** How a figure is written, and what a number that somebody typed is of it. @type {Record<Unit, {text: (v: number) => string, typed: number}>} */
const units = {
  s: { text: (v) => (v < 0 ? `−${delay(-v)}` : delay(v)), typed: 1 / 1000 },
  share: { text: percent, typed: 1 / 100 },
  bytes: { text: bytes, typed: 1 },
  count: { text: (v) => (Number.isInteger(v) ? count(v) : Number.isFinite(v) ? String(Number(three(v))) : unknown), typed: 1 },
  rate: { text: (v) => (Number.isFinite(v) ? `${three(v)}/s` : unknown), typed: 1 },
};

/** @param {Answer} answer @param {number | null | undefined} v null: there is none, though there is something else that came out */
export function written({ unit = "count", technique, text }, v) {
  if (v === null) return unknown;
  if (technique) return called(technique);
  if (text) return text;
  return v === undefined || Number.isNaN(v) ? unknown : units[unit].text(v);
}

/**
 * What was predicted of a figure.
 * @param {Answer} answer @param {Guess} guess
 * @returns {number | null} null: nothing was
 */
function predicted({ guessed, unit = "count" }, guess) {
  return guessed && !Number.isNaN(guess.number) ? guess.number * units[unit].typed : null;
}

/**
 * What the longest bar of each unit stands for: figures that can be compared are drawn on one scale.
 * @param {Answer[]} answers @param {Guess} guess
 * @returns {Map<Unit, number>}
 */
export function longest(answers, guess) {
  /** @type {Map<Unit, number>} */
  const most = new Map();
  for (const answer of answers) {
    const { unit = "count", measured, expected } = answer;
    for (const v of [measured, expected, predicted(answer, guess)]) if (v && Number.isFinite(v)) most.set(unit, Math.max(most.get(unit) ?? 0, v));
  }
  return most;
}

export class Lessons {
  #lab;
  #heading = make("h2", "title");
  #select = make("select", "chart-choice");
  #title = make("h3", "chart-title");
  #scene = make("p", "panel-note");
  #question = make("p", "lesson-question");
  #form = make("form", "lesson-form");
  #guess = make("div", "lesson-guess");
  #begin = make("button", "button");
  #leave = make("button", "toggle");
  #look = make("button", "toggle");
  #progress = make("progress", "lesson-progress");
  #status = make("p", "lesson-status");
  #results = make("div", "lesson-results");
  #lesson = lessons[0];
  /** what came out, by lesson @type {Map<Lesson, {answers: Answer[], guess: Guess, said: import("./play.js").Said}>} */
  #came = new Map();
  /** @type {AbortController | null} */
  #running = null;
  /** the last thing to be said: words and what fills them */
  #said = /** @type {import("./play.js").Said} */ ({ key: "", fill: {} });

  /** @param {HTMLElement} root @param {Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    root.dataset.testid = "lessons";
    this.#heading.tabIndex = -1;
    this.#heading.dataset.testid = "lessons-title";
    caption(this.#heading, "lessons.title");
    caption(this.#select, "lessons.choose", "data-say-label");
    for (const { name } of lessons) {
      const option = new Option("", name);
      caption(option, `lessons.of_${name}`);
      this.#select.add(option);
    }
    this.#select.dataset.testid = "lesson-choice";
    this.#begin.type = "submit";
    this.#begin.dataset.testid = "lesson-begin";
    caption(this.#begin, "lessons.begin");
    this.#leave.type = "button";
    this.#leave.dataset.testid = "lesson-leave";
    caption(this.#leave, "lessons.leave");
    this.#look.type = "button";
    this.#look.dataset.testid = "lesson-lanes";
    caption(this.#look, "lessons.look");
    this.#progress.max = 1;
    caption(this.#progress, "lessons.progress", "data-say-label");
    this.#status.setAttribute("role", "status");
    this.#status.dataset.testid = "lesson-status";
    this.#results.dataset.testid = "lesson-results";
    this.#results.tabIndex = -1;
    this.#form.append(this.#guess, make("div", "lesson-do", this.#begin, this.#leave, this.#look, this.#progress));
    root.append(make("div", "panel-head", this.#heading, make("div", "panel-tools", this.#select)), this.#title, this.#scene, this.#question,
      this.#form, this.#status, this.#results);
    this.#select.addEventListener("change", () => this.choose(this.#select.value));
    this.#leave.addEventListener("click", () => this.#running?.abort());
    this.#look.addEventListener("click", () => document.getElementById("lab-lanes")?.scrollIntoView());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#play();
    });
    lab.on("learn", ({ lesson }) => {
      this.choose(lesson);
      this.#select.focus();
    });
    lab.lesson.show = () => this.#go();
    lab.on("plays", () => this.#draw());
    follow(() => this.#draw());
    this.#set(lessons[0]);
  }

  opened() {
    this.#go();
  }

  /** The lab goes from the screen: whoever is in the middle of a lesson has left it. */
  closed() {
    this.#running?.abort();
  }

  /** The reader wants this one. @param {string} name */
  choose(name) {
    this.#set(lessons.find((lesson) => lesson.name === name) ?? lessons[0]);
    this.#lab.lesson.choose(this.#lesson.name);
  }

  /** To the one that the page is to show. @returns {boolean} whether there is such a one */
  #go() {
    const { lesson } = this.#lab;
    const { name } = lesson;
    const found = name === "" ? this.#lesson : lessons.find((one) => one.name === name);
    if (!found) {
      lesson.choose("");
      this.#tell("lessons.unknown", { name });
    } else if (found !== this.#lesson) this.#set(found);
    if (lesson.sought && this.#lab.isOpen) {
      lesson.sought = false;
      this.#heading.scrollIntoView();
      this.#heading.focus({ preventScroll: true });
    }
    return found !== undefined;
  }

  /** @param {Lesson} lesson */
  #set(lesson) {
    this.#running?.abort();
    this.#lesson = lesson;
    this.#select.value = lesson.name;
    this.#said = this.#came.get(lesson)?.said ?? { key: "", fill: {} };
    this.#ask();
    this.#draw();
  }

  /** Makes the field or the choices for the prediction. */
  #ask() {
    const { name, guess: { unit, choices } } = this.#lesson;
    this.#guess.replaceChildren(...(unit ? [number(unit)] : []), ...(choices ? [oneOf(name, choices)] : []));
  }

  async #play() {
    if (this.#running || this.#lab.playing) return;
    const lesson = this.#lesson;
    const form = new FormData(this.#form);
    const guess = { number: Number(form.get("guess") ?? NaN), choice: String(form.get("choice") ?? "") };
    const leaving = new AbortController();
    this.#running = leaving;
    this.#came.delete(lesson);
    this.#tell("lessons.runs");
    const { answers, said } = await play(this.#lab, lesson, this.#seconds(lesson), leaving.signal, (part) => (this.#progress.value = part));
    this.#said = said;
    if (answers.length > 0) this.#came.set(lesson, { answers, guess, said });
    if (said.key === "lessons.done") this.#lab.tell("lesson", { lesson: lesson.name, answers });
    this.#running = null;
    this.#draw();
    if (this.#came.has(lesson) && lesson === this.#lesson) this.#results.focus({ preventScroll: true });
  }

  /** @param {Lesson} lesson */
  #seconds(lesson) {
    return Math.min(bounds.most, Math.max(bounds.least, lesson.seconds(this.#lab.config.interval / 1000)));
  }

  /** @param {string} key @param {Record<string, string>} [fill] */
  #tell(key, fill = {}) {
    this.#said = { key, fill };
    this.#draw();
  }

  #draw() {
    const { name, lanes, needs } = this.#lesson;
    const runs = this.#running !== null;
    write(this.#title, say(`lessons.of_${name}`));
    write(this.#question, say(`lessons.of_${name}_question`));
    const called = lanes.map((key) => kinds.find((kind) => kind.key === key)).filter((kind) => kind !== undefined).map(named);
    const scene = say("lessons.scene", { lanes: called.join(say("host.comma")), n: Math.round(this.#seconds(this.#lesson)), interval: delay(this.#lab.config.interval / 1000) });
    write(this.#scene, needs ? `${scene} ${say(`lessons.with_${needs}`)}` : scene);
    this.#begin.disabled = runs || this.#lab.playing !== "";
    reveal(this.#leave, runs);
    reveal(this.#progress, runs);
    write(this.#status, this.#said.key && say(this.#said.key, this.#said.fill));
    const came = this.#came.get(this.#lesson);
    reveal(this.#results, came !== undefined);
    if (came) this.#show(came.answers, came.guess);
  }

  /** @param {Answer[]} answers @param {Guess} guess */
  #show(answers, guess) {
    const { name, guess: { unit: asked } } = this.#lesson;
    const head = make("tr");
    for (const key of ["lessons.figure", "lessons.measured", "lessons.expected", ...(asked ? ["lessons.yours"] : [])]) {
      const cell = make("th", key === "lessons.figure" ? "" : "number");
      cell.scope = "col";
      caption(cell, key);
      head.append(cell);
    }
    const body = make("tbody");
    const scale = longest(answers, guess);
    const word = (/** @type {string} */ choice) => say(`lessons.of_${name}_choice_${choice}`);
    let told = "";
    for (const answer of answers) {
      if (answer.choice !== undefined) {
        told = say(guess.choice === answer.choice ? "lessons.right" : "lessons.wrong", { yours: word(guess.choice), answer: word(answer.choice) });
        continue;
      }
      const { figure, unit = "count", measured = NaN, expected = null, formula } = answer;
      const most = scale.get(unit) ?? 0;
      const label = make("th");
      label.scope = "row";
      caption(label, `lessons.figure_${figure}`);
      const row = make("tr", "", label, this.#cell(answer, measured, most), this.#cell(answer, expected, most, formula));
      if (asked) row.append(this.#cell(answer, predicted(answer, guess), most));
      row.dataset.figure = figure;
      body.append(row);
    }
    const table = make("table", "lesson-table", make("thead", "", head), body);
    table.dataset.testid = "lesson-table";
    const learned = make("p", "lesson-learned", symbol("icon-help", "icon"), say(`lessons.of_${name}_learned`));
    const box = make("div", "lesson-scroll", table);
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", say(`lessons.of_${name}`));
    this.#results.replaceChildren(box, ...(told ? [make("p", "lesson-told", told)] : []), learned, make("p", "provenance", say("lessons.provenance")));
  }

  /**
   * A number with its bar.
   * @param {Answer} answer @param {number | null} v @param {number} most what the longest bar stands for
   * @param {string} [formula]
   */
  #cell(answer, v, most, formula) {
    const cell = make("td", "number lesson-bar");
    cell.append(make("span", "", written(answer, v)));
    if (formula && v !== null) cell.append(make("span", "lesson-formula", ` = ${formula}`));
    attribute(cell, "data-known", String(v !== null && Number.isFinite(v)));
    property(cell, "ratio", v !== null && most > 0 && Number.isFinite(v) ? Math.max(0, v) / most : 0);
    return cell;
  }
}

/** The field for a number. @param {Unit} of */
function number(of) {
  const input = make("input");
  Object.assign(input, { type: "number", name: "guess", step: "any", min: "0", required: true });
  input.dataset.testid = "lesson-guess";
  const [before, unit] = [make("span"), make("span")];
  caption(before, "lessons.prediction");
  caption(unit, `lessons.unit_${of}`);
  return make("label", "lesson-number", before, input, unit);
}

/** @param {string} name of the lesson @param {string[]} choices */
function oneOf(name, choices) {
  const box = make("fieldset", "lesson-choices");
  const legend = make("legend");
  caption(legend, "lessons.prediction");
  box.append(legend);
  for (const choice of choices) {
    const input = make("input");
    Object.assign(input, { type: "radio", name: "choice", value: choice, required: true });
    input.dataset.testid = `lesson-guess-${choice}`;
    const text = make("span");
    caption(text, `lessons.of_${name}_choice_${choice}`);
    box.append(make("label", "lesson-choice", input, text));
  }
  return box;
}
