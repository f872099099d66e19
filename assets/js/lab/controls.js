// @ts-check
// What can be done with all lanes together: stop time, zoom, add a lane, set counts to zero; and how well the server's clock
// is known.

import { delay } from "../format.js";
import { attribute, make, write } from "../panel/dom.js";
import { caption, say, term } from "../words/words.js";
import { kinds, named } from "./kinds.js";
import { spans } from "./timeview.js";

/** @typedef {import("../transport/transport.js").Phase} Phase */

const phases = /** @type {Phase[]} */ (["sweep", "jitter", "lock"]);

export class Controls {
  element = make("div", "panel-head");
  #lab;
  #view;
  #still = make("button", "toggle");
  #less = make("button", "toggle", "−");
  #more = make("button", "toggle", "+");
  #span = make("span", "lane-span");
  #add = make("select", "chart-choice");
  #phase = make("select", "chart-choice");
  #clock = make("p", "panel-note");
  #offered = "";

  /**
   * @param {import("./lab.js").Lab} lab
   * @param {import("./timeview.js").TimeView} view
   * @param {{freeze: () => void, zoom: (by: number) => void}} does
   */
  constructor(lab, view, does) {
    this.#lab = lab;
    this.#view = view;
    const title = make("h2", "title");
    const reset = make("button", "toggle");
    const phase = make("span");
    caption(title, "lanes.title");
    caption(reset, "lanes.reset");
    caption(reset, "lanes.reset_help", "data-say-title");
    caption(phase, "lanes.polls");
    caption(this.#less, "lanes.zoom_out", "data-say-label");
    caption(this.#more, "lanes.zoom_in", "data-say-label");
    caption(this.#add, "lanes.add", "data-say-label");
    caption(this.#phase, "lanes.phase_help", "data-say-title");
    caption(this.#clock, "lanes.clock_help", "data-say-title");
    for (const button of [this.#still, this.#less, this.#more, reset]) button.type = "button";
    this.#still.dataset.testid = "lanes-freeze";
    this.#less.dataset.testid = "lanes-zoom-out";
    this.#more.dataset.testid = "lanes-zoom-in";
    this.#span.dataset.testid = "lanes-span";
    this.#add.dataset.testid = "lanes-add";
    this.#phase.dataset.testid = "lanes-phase";
    this.#clock.dataset.testid = "lanes-clock";
    reset.dataset.testid = "lanes-reset";
    this.#still.addEventListener("click", does.freeze);
    this.#less.addEventListener("click", () => does.zoom(1));
    this.#more.addEventListener("click", () => does.zoom(-1));
    reset.addEventListener("click", () => lab.lanes.forEach((lane) => lane.resetCounts()));
    this.#add.addEventListener("change", () => {
      const { value } = this.#add;
      this.#add.value = "";
      if (value) lab.add(value);
    });
    this.#phase.addEventListener("change", () => this.show());
    this.element.append(title, this.#clock, make("div", "panel-tools",
      make("label", "check", phase, this.#phase), this.#add,
      make("span", "lane-zoom", this.#less, this.#span, this.#more), this.#still, reset));
  }

  show() {
    const { frozen, span } = this.#view;
    const { clock, lanes, config, playing } = this.#lab;
    attribute(this.#still, "aria-pressed", String(frozen));
    write(this.#still, say("lanes.freeze"));
    write(this.#span, say("lanes.seconds", { n: span / 1000 }));
    this.#less.disabled = span === spans[spans.length - 1];
    this.#more.disabled = span === spans[0];
    write(this.#clock, say("lanes.clock", { error: delay(clock.error / 1000) }));
    const there = new Set(lanes.map((lane) => lane.key));
    const left = kinds.filter((kind) => !there.has(kind.key) && kind.variant !== "auto" && config.techniques.includes(kind.technique));
    const names = [say("lanes.add"), ...left.map(named), ...phases.map((phase) => term("lanes.phase", phase))];
    for (const lane of playing ? [] : lanes) { // one that is locked by its name stays so, and a lesson's lanes are as it needs them
      if (lane.technique === "polling" && lane.variant !== "locked") lane.viewer.phase = /** @type {Phase} */ (this.#phase.value || phases[0]);
    }
    if (names.join() === this.#offered) return;
    this.#offered = names.join();
    this.#add.replaceChildren(new Option(names[0], ""), ...left.map((kind) => new Option(named(kind), kind.key)));
    const { value } = this.#phase;
    this.#phase.replaceChildren(...phases.map((phase) => new Option(term("lanes.phase", phase), phase)));
    if (value) this.#phase.value = value;
  }
}
