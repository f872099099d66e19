// @ts-check
// The ladder of fallbacks on screen: which rung carries, which are tried, which were refused and why.

import { clock as time, delay } from "../format.js";
import { attribute, make, reveal, symbol, write } from "../panel/dom.js";
import { called } from "../panel/switch.js";
import { caption, follow, say, term } from "../words/words.js";
import { Ladder } from "./ladder.js";

/** @typedef {import("./ladder.js").Rung} Rung */
/** @typedef {import("./ladder.js").Step} Step */

const key = "polling.auto";

export class Auto {
  #lab;
  /** which is climbed, or was last: that can still be read @type {Ladder | null} */
  #ladder = null;
  #climbing = false;
  /** it was stopped: a trial needed the lane */
  #taken = false;
  #button = make("button", "toggle");
  #intro = make("p", "panel-foot");
  #rungs = make("ol", "rungs");
  #steps = make("ol", "auto-steps");

  /** @param {HTMLElement} root @param {import("./lab.js").Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    const title = make("h2", "title");
    caption(title, "auto.title");
    caption(this.#steps, "auto.steps", "data-say-label");
    this.#button.type = "button";
    this.#button.dataset.testid = "auto-start";
    this.#rungs.dataset.testid = "auto-rungs";
    this.#steps.dataset.testid = "auto-steps";
    this.#steps.setAttribute("role", "log");
    this.#button.addEventListener("click", () => (this.#climbing ? this.#stop() : this.#start()));
    root.append(make("div", "panel-head", title, make("div", "panel-tools", this.#button)), this.#intro, make("div", "auto-body", this.#rungs, this.#steps));
    lab.on("lanes", () => this.#climbing && !lab.lane(key) && this.#stop());
    lab.on("plays", ({ lanes }) => {
      if (this.#climbing && lanes.includes(key)) {
        this.#taken = true;
        this.#stop();
      }
      this.#write();
    });
    follow(() => this.#write());
    this.#write();
  }

  closed() {
    this.#stop();
  }

  #start() {
    const lane = this.#lab.add(key);
    this.#climbing = true;
    this.#taken = false;
    this.#ladder = new Ladder(lane, this.#lab, () => this.#write());
    this.#write();
  }

  #stop() {
    if (!this.#climbing) return;
    this.#climbing = false;
    this.#ladder?.stop();
    const lane = this.#lab.lane(key);
    if (lane) this.#lab.remove(lane);
    this.#write();
  }

  #write() {
    write(this.#button, say(this.#climbing ? "auto.stop" : "auto.start"));
    this.#button.disabled = Boolean(this.#lab.playing) && !this.#climbing; // nobody walks onto a stage
    caption(this.#intro, this.#taken ? "auto.taken" : "auto.intro");
    reveal(this.#intro, this.#taken || !this.#ladder);
    if (!this.#ladder) return;
    const { rungs, steps } = this.#ladder;
    this.#rungs.replaceChildren(...rungs.toReversed().map(rung));
    this.#steps.replaceChildren(...steps.map((step) => make("li", "", make("time", "", time(step.at)), " ", called(step.technique), " ", told(step))).toReversed());
  }
}

/** @param {Rung} of */
function rung(of) {
  const line = make("li", "rung", make("span", "badge", symbol(`glyph-${of.technique}`), called(of.technique)), make("span", "rung-state", told(of)));
  line.dataset.technique = of.technique;
  attribute(line, "data-state", of.state);
  return line;
}

/** What became of it, in words. @param {Rung | Step} of */
function told({ state, why, took }) {
  const words = why ? `${term("auto.state", state)}: ${term("auto.why", why)}` : term("auto.state", state);
  return Number.isNaN(took) ? words : say("auto.after", { words, time: delay(took / 1000) });
}
