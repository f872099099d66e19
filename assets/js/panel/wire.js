// @ts-check
// The wire strip: what the technique in use does on the wire, as it happens. The drawing is slid by the compositor and
// only drawn anew when something happened, so a quiet connection costs nothing. Folded, hidden: it rests.

import { Lifelines } from "../chart/lifelines.js";
import { Slide } from "../chart/slide.js";
import { count, delay } from "../format.js";
import { recall, remember } from "../remember.js";
import { caption, say } from "../words/words.js";
import { attribute, field, one, write } from "./dom.js";
import { called, glyph } from "./switch.js";

/** @typedef {import("../exchanges.js").Exchanges} Exchanges */
/** @typedef {import("../frame.js").Frame} Frame */

/** Steps a second that the strip moves by: it is always there, and each step is composited. The lab's lanes are for watching. */
const smooth = 10;

export class Wire {
  #root = /** @type {HTMLDetailsElement} */ (one("#wire"));
  #canvas = /** @type {HTMLCanvasElement} */ (one("#sequence"));
  #summary = one("#wire-summary");
  #messages = field("messages");
  #messagesWord = field("messages-word");
  #missed = field("missed");
  #missedBox = field("missed-box");
  #reconnects = field("reconnects");
  #reconnectsWord = field("reconnects-word");
  #frame;
  #lifelines;
  #slide;

  /**
   * @param {Exchanges} exchanges
   * @param {readonly string[]} techniques
   * @param {Frame} frame
   * @param {() => void} unfolded
   */
  constructor(exchanges, techniques, frame, unfolded) {
    this.#frame = frame;
    this.#root.open = recall("wire") !== "folded";
    this.#root.addEventListener("toggle", () => {
      remember("wire", this.#root.open ? "open" : "folded");
      this.happened();
      if (this.#root.open) unfolded();
    });
    const changed = () => this.happened();
    this.#lifelines = new Lifelines(this.#canvas, exchanges, techniques, called, techniques.map(glyph), changed);
    this.#slide = new Slide(this.#canvas, changed, smooth);
    frame.every(1000, () => {
      if (Slide.still) this.happened();
    });
    this.count({ messages: 0, missed: 0, duplicates: 0, reconnects: 0 });
  }

  get open() {
    return this.#root.open;
  }

  toggle() {
    this.#root.open = !this.#root.open;
  }

  /** Something is new on the wire. */
  happened() {
    if (this.#root.open) this.#frame.draw(this.#draw);
  }

  /** @param {string} technique */
  use(technique) {
    attribute(field("glyph", this.#root), "href", `#glyph-${technique}`);
    caption(field("technique", this.#root), `host.technique_${technique}`);
    this.happened();
  }

  /** @param {{messages: number, missed: number, duplicates: number, reconnects: number}} counts */
  count(counts) {
    const { messages, missed, reconnects } = counts;
    write(this.#messages, count(messages));
    write(this.#messagesWord, counted("host.messages", messages));
    write(this.#missed, count(missed));
    write(this.#reconnects, count(reconnects));
    write(this.#reconnectsWord, counted("host.reconnects", reconnects));
    attribute(this.#missedBox, "data-bad", String(missed > 0));
  }

  /**
   * The strip in words, for those who do not see it.
   * @param {string} technique
   * @param {{messages: number, missed: number}} counts
   * @param {number} requestRate per second
   * @param {number} median age on arrival, seconds
   */
  describe(technique, counts, requestRate, median) {
    this.#summary.removeAttribute("data-say"); // what it said while nothing had happened
    write(this.#summary, say("host.wire_described", {
      technique: called(technique),
      requests: requestRate.toFixed(1),
      n: counts.messages,
      missed: counts.missed,
      age: delay(median),
    }));
  }

  restyle() {
    this.#lifelines.restyle();
    this.happened();
  }

  /** @param {number} now */
  #draw = (now) => this.#lifelines.draw(Math.max(now, performance.now()), this.#slide);
}

/** What is counted, in the form that goes with its number, which stands before it. @param {string} key @param {number} n */
function counted(key, n) {
  return say(key, { n }).replace(/^[\d.,]+ /, "");
}
