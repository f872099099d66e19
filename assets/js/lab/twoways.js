// @ts-check
// Two ways: the page tells the server how often it wants to hear, lane by lane, and shows what saying it took. Bytes
// are the server's meter's: what it has counted more after the command than before; but for the answer in a frame, which the
// meter has among the messages.

import { Refused } from "../api.js";
import { bytes, delay, period } from "../format.js";
import { attribute, make, redraw, symbol, write } from "../panel/dom.js";
import { caption, follow, say } from "../words/words.js";
import { named } from "./kinds.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("./lane.js").Lane} Lane */
/** @typedef {import("../message.js").Message} Message */
/**
 * @typedef {object} Said
 * @property {boolean} inBand
 * @property {number} up bytes
 * @property {number} down bytes
 * @property {number} said when, on performance.now()'s clock
 * @property {number} obeyed milliseconds later; not yet: NaN
 * @property {number} before milliseconds between two messages until then
 * @property {number} wanted and from then on
 * @property {number[]} gaps milliseconds between messages since it was obeyed
 * @property {Message | null} last
 */

/** What can be asked for, in intervals of the source; 0 is every message. */
const choices = [0, 2, 5, 10];
/** Times between messages that are kept. */
const kept = 64;
/** Bytes in front of a short text in a server's frame (RFC 6455 section 5.2). */
const head = 2;
/** Milliseconds after which the meter surely has what was said. */
const settled = 300;

const columns = /** @type {const} */ (["way", "up", "down", "took", "obeyed"]);

export class TwoWays {
  #lab;
  #choice = make("select", "chart-choice");
  #send = make("button", "toggle");
  #body = make("tbody");
  /** @type {Map<string, {row: HTMLElement, glyph: SVGSVGElement, name: HTMLElement, cells: HTMLElement[]}>} */
  #rows = new Map();
  /** @type {Map<Lane, Said>} */
  #said = new Map();
  /** why a lane was refused @type {Map<Lane, string>} */
  #refused = new Map();

  /** @param {HTMLElement} root @param {Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    const title = make("h2", "title");
    const note = make("p", "panel-foot");
    const label = make("span");
    caption(title, "twoways.title");
    caption(note, "twoways.note");
    caption(label, "twoways.every");
    caption(this.#send, "twoways.send");
    this.#send.type = "button";
    this.#send.dataset.testid = "twoways-send";
    this.#choice.dataset.testid = "twoways-every";
    this.#send.addEventListener("click", () => this.#tell(lab.config.interval * choices[this.#choice.selectedIndex]));
    const head = make("tr", "", ...["lane", ...columns].map((id) => {
      const cell = make("th", id === "lane" || id === "way" ? "" : "number");
      cell.scope = "col";
      return cell;
    }));
    caption(head.children[0], "twoways.lane");
    caption(head.children[1], "twoways.way");
    caption(head.children[2], "twoways.up");
    caption(head.children[2], "twoways.up_help", "data-say-title");
    caption(head.children[3], "twoways.down");
    caption(head.children[3], "twoways.down_help", "data-say-title");
    caption(head.children[4], "twoways.took");
    caption(head.children[4], "twoways.took_help", "data-say-title");
    caption(head.children[5], "twoways.obeyed");
    caption(head.children[5], "twoways.obeyed_help", "data-say-title");
    const table = make("table", "twoways-table", make("thead", "", head), this.#body);
    table.dataset.testid = "twoways";
    root.append(make("div", "panel-head", title, make("div", "panel-tools", make("label", "check", label, this.#choice), this.#send)),
      make("div", "table-scroll", table), note);
    lab.on("message", ({ lane, message }) => this.#heard(lane, message));
    lab.on("lanes", () => this.show());
    follow(() => this.#offer());
    this.#offer();
    this.show();
  }

  show() {
    const { lanes } = this.#lab;
    for (const lane of lanes) this.#fill(lane);
    for (const [key, { row }] of this.#rows) {
      if (lanes.some((lane) => lane.key === key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    for (const about of [this.#said, this.#refused]) for (const lane of about.keys()) if (!lanes.includes(lane)) about.delete(lane);
  }

  closed() {
    this.#said.clear();
    this.#refused.clear();
  }

  #offer() {
    const { selectedIndex } = this.#choice;
    this.#choice.replaceChildren(...choices.map((n) => {
      const every = (n * this.#lab.config.interval) / 1000;
      return new Option(n === 0 ? say("twoways.all") : say("twoways.one_in", { time: period(every) }));
    }));
    this.#choice.selectedIndex = Math.max(1, selectedIndex);
  }

  /** @param {number} every milliseconds */
  async #tell(every) {
    this.#send.disabled = true;
    await Promise.all(this.#lab.lanes.filter((lane) => lane.running).map((lane) => this.#say(lane, every)));
    this.#send.disabled = false;
    this.show();
  }

  /** @param {Lane} lane @param {number} every */
  async #say(lane, every) {
    this.#refused.delete(lane);
    try {
      const before = await this.#spent(lane);
      const { interval } = this.#lab.config;
      /** @type {Said} */
      const about = {
        inBand: false, up: NaN, down: NaN, said: performance.now(), obeyed: NaN, gaps: [], last: lane.newest,
        before: Math.max(lane.viewer.every, interval), wanted: Math.max(every, interval),
      };
      this.#said.set(lane, about); // what comes before the answer counts
      const { inBand, answer } = await lane.setEvery(every);
      about.inBand = inBand;
      await new Promise((resolve) => setTimeout(resolve, settled));
      const after = await this.#spent(lane);
      about.up = inBand ? after.frames - before.frames : after.up - before.up;
      about.down = inBand ? head + JSON.stringify(answer).length : after.down - before.down;
    } catch (error) {
      this.#said.delete(lane);
      if (error instanceof Refused && error.status > 0) this.#refused.set(lane, error.message); // else there was no answer, and there is nothing to show
    }
  }

  /** What the meter has of what was said. @param {Lane} lane */
  async #spent(lane) {
    const answer = await this.#lab.api.wire(lane.viewer.id);
    const { commands, transports } = answer;
    const held = transports[lane.technique]?.bytes.in;
    return { up: commands?.bytes.in.total ?? 0, down: commands?.bytes.out.total ?? 0, frames: held ? held.payload + held.framing : 0 };
  }

  /** @param {Lane} lane @param {Message} message */
  #heard(lane, message) {
    const said = this.#said.get(lane);
    if (!said) return;
    const { last } = said;
    said.last = message;
    if (!last || message.gap) return;
    if (Number.isNaN(said.obeyed)) said.obeyed = obeyed(said, last, message, this.#lab.config.interval / 2);
    else {
      said.gaps.push(message.received - last.received);
      if (said.gaps.length > kept) said.gaps.shift();
    }
  }

  /** @param {Lane} lane */
  #fill(lane) {
    let found = this.#rows.get(lane.key);
    if (!found) {
      const name = make("span");
      const glyph = symbol(`glyph-${lane.technique}`);
      const head = make("th", "", make("span", "badge", glyph, name));
      head.scope = "row";
      const cells = columns.map((id) => make("td", id === "way" ? "" : "number", "—"));
      const row = make("tr", "", head, ...cells);
      row.dataset.lane = lane.key;
      this.#body.append(row);
      found = { row, glyph, name, cells };
      this.#rows.set(lane.key, found);
    }
    attribute(found.row, "data-technique", lane.technique);
    redraw(found.glyph, `glyph-${lane.technique}`); // one that climbs changes over
    write(found.name, named(lane));
    const said = this.#said.get(lane);
    const refused = this.#refused.get(lane);
    const gaps = said?.gaps.toSorted((a, b) => a - b) ?? [];
    const texts = [
      said ? say(said.inBand ? "twoways.way_frame" : "twoways.way_request") : refused === undefined ? "—" : say("twoways.refused", { why: refused }),
      bytes(said?.up), bytes(said?.down), delay((said?.obeyed ?? NaN) / 1000),
      gaps.length > 0 ? delay(gaps[gaps.length >> 1] / 1000) : "—",
    ];
    texts.forEach((text, i) => write(/** @type {HTMLElement} */ (found.cells[i]), text));
    attribute(found.cells[1], "data-value", String(said?.up ?? NaN));
  }
}

/**
 * Milliseconds from saying it until it was obeyed: until a message was due that did not come any more, which is known when the
 * next one comes, or until one came that would not have come before. NaN: it is not obeyed yet.
 * @param {Said} said
 * @param {Message} last @param {Message} message the next one
 * @param {number} margin milliseconds: messages are no nearer to each other
 */
function obeyed({ said, before, wanted }, last, message, margin) {
  const step = message.at - last.at; // when they were made: polls bring several at a time
  if (wanted > before) return step > before + margin ? Math.max(0, last.received + before - said) : NaN;
  return wanted < before && step > before - margin ? NaN : message.received - said;
}
