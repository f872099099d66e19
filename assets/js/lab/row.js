// @ts-check
// One lane on screen: what it is called, how it is, its picture, and its counters.

import { age, bytes, count, delay, unknown } from "../format.js";
import { attribute, make, redraw, reveal, symbol, write } from "../panel/dom.js";
import { caption, say, term } from "../words/words.js";
import { named } from "./kinds.js";
import { Picture } from "./picture.js";

/** @typedef {import("./lane.js").Lane} Lane */
/**
 * @typedef {object} Figure
 * @property {string} id also its data-testid, behind the lane's
 * @property {string} label
 * @property {string} help where the number comes from
 * @property {(lane: Lane, percentiles: number[], error: number) => string} read
 * @property {(lane: Lane) => boolean} [bad]
 */

/** To add a counter, add an entry. @type {Figure[]} */
const figures = [
  { id: "age-50", label: "lanes.age_50", help: "lanes.age_help", read: (_, [median], error) => within(median, error) },
  { id: "age-99", label: "lanes.age_99", help: "lanes.age_help", read: (_, [, p99], error) => within(p99, error) },
  { id: "messages", label: "lanes.messages", help: "lanes.messages_help", read: (lane) => count(lane.counts.messages) },
  { id: "requests", label: "lanes.requests", help: "lanes.requests_help", read: (lane) => count(lane.figures?.requests) },
  { id: "connections", label: "lanes.connections", help: "lanes.connections_help", read: (lane) => count(lane.figures?.connections) },
  { id: "bytes", label: "lanes.bytes", help: "lanes.bytes_help", read: (lane) => bytes(whole(lane)) },
  { id: "per-message", label: "lanes.per_message", help: "lanes.per_message_help", read: (lane) => bytes(whole(lane) / (lane.figures?.messages || NaN)) },
  { id: "missed", label: "lanes.missed", help: "lanes.missed_help", read: (lane) => count(lane.counts.missed), bad: (lane) => lane.counts.missed > 0 },
  { id: "duplicates", label: "lanes.duplicates", help: "lanes.duplicates_help", read: (lane) => count(lane.counts.duplicates), bad: (lane) => lane.counts.duplicates > 0 },
  { id: "reconnects", label: "lanes.reconnects", help: "lanes.reconnects_help", read: (lane) => count(lane.counts.reconnects) },
];

export class Row {
  element = make("li", "lane");
  lane;
  picture;
  /** what an arrow was, beside it */
  tip = make("p", "lane-tip");
  #clock;
  #name = make("span");
  #glyph;
  #state = make("p", "link");
  #word = make("span");
  #stale = make("b");
  #pause = make("button", "toggle");
  #remove = make("button", "tool");
  /** @type {HTMLElement[]} */
  #values = [];

  /**
   * @param {Lane} lane
   * @param {import("./timeview.js").TimeView} view
   * @param {import("./lab.js").Lab} lab
   * @param {() => void} mark asks for a draw of its picture
   */
  constructor(lane, view, lab, mark) {
    this.lane = lane;
    this.#clock = lab.clock;
    this.picture = new Picture(lane, view, lab.clock, mark);
    this.#glyph = symbol(`glyph-${lane.technique}`);
    const lamp = make("span", "lamp");
    lamp.setAttribute("aria-hidden", "true");
    this.#state.append(lamp, this.#word);
    this.#pause.type = this.#remove.type = "button";
    this.#pause.addEventListener("click", () => (lane.running || lane.queued ? lane.stop() : lab.launch(lane)));
    const cross = make("span", "", "×");
    cross.setAttribute("aria-hidden", "true");
    this.#remove.append(cross);
    this.#remove.addEventListener("click", () => lab.remove(lane));
    const old = make("span", "lane-old");
    caption(old, "lanes.old");
    const head = make("div", "lane-head",
      make("h3", "badge", this.#glyph, this.#name),
      make("p", "lane-stale", this.#stale, " ", old),
      this.#state,
      make("div", "lane-tools", this.#pause, this.#remove));
    this.tip.hidden = true;
    this.picture.window.tabIndex = 0;
    this.picture.window.setAttribute("role", "group");
    this.element.append(head, make("div", "lane-picture", this.picture.window, this.tip), this.#counters());
    this.element.dataset.testid = `lane-${lane.key}`;
    this.#stale.dataset.testid = `lane-${lane.key}-stale`;
    this.#pause.dataset.testid = `lane-${lane.key}-pause`;
    this.rename();
    this.show();
  }

  /** Words in another language, or another technique. */
  rename() {
    const name = named(this.lane);
    write(this.#name, name);
    redraw(this.#glyph, `glyph-${this.lane.technique}`);
    this.element.dataset.technique = this.lane.technique;
    attribute(this.picture.window, "aria-label", say("lanes.picture", { name }));
    attribute(this.#remove, "aria-label", say("lanes.remove", { name }));
    attribute(this.#remove, "title", say("lanes.remove", { name }));
  }

  /** The counters. */
  show() {
    const { lane } = this;
    const percentiles = lane.ages.percentiles([0.5, 0.99], this.#clock.offset);
    figures.forEach(({ read, bad }, i) => {
      write(this.#values[i], read(lane, percentiles, this.#clock.error / 1000));
      if (bad) attribute(this.#values[i], "data-bad", String(bad(lane)));
    });
    write(this.#word, term("lab.state", lane.state));
    attribute(this.#state, "data-state", lane.state);
    write(this.#pause, say(lane.running || lane.queued ? "lanes.pause" : "lanes.resume"));
    reveal(this.#pause, !lane.page);
    reveal(this.#remove, !lane.page && lane.variant !== "");
    attribute(this.element, "data-running", String(lane.running));
    attribute(this.element, "data-viewer", lane.viewer.id); // for tests
    attribute(this.element, "data-page", String(lane.page));
  }

  /** How old what it shows is. @param {number} now */
  tick(now) {
    write(this.#stale, age(this.lane.staleness(now) / 1000));
  }

  #counters() {
    const list = make("dl", "lane-figures");
    for (const { id, label, help } of figures) {
      const name = make("dt");
      const value = make("dd", "", "—");
      caption(name, label);
      caption(name, help, "data-say-title");
      value.dataset.testid = `lane-${this.lane.key}-${id}`;
      list.append(make("div", "", name, value));
      this.#values.push(value);
    }
    return list;
  }
}

/** Both directions together. @param {Lane} lane */
function whole({ figures }) {
  return figures && figures.measured !== "body" ? figures.bytes.in.total + figures.bytes.out.total : NaN;
}

/**
 * An age with how wrong it may be.
 * @param {number} seconds @param {number} error seconds
 */
export function within(seconds, error) {
  if (Number.isNaN(seconds)) return unknown;
  return Number.isNaN(error) ? delay(seconds) : `${delay(seconds)} ± ${delay(error)}`.replace(/ ms ±(.* ms)$/, " ±$1");
}
