// @ts-check
// The bar above the charts: how much time they show, whether they follow the newest reading, and in which measures.

import { choices, measure, useMeasure } from "../measures.js";
import { spans } from "../time/window.js";
import { caption, say } from "../words/words.js";
import { local, momentOf, useZone, zone, zoneName, zones } from "../zone.js";
import { closing } from "./chartmenu.js";
import { attribute, make, one, reveal, write } from "./dom.js";

/** @typedef {import("../time/window.js").Window} Window */
/** @typedef {import("../time/window.js").Range} Range */

const ranges = /** @type {Range[]} */ (Object.keys(spans));

export class TimeBar {
  #window;
  #live = one("#live");
  #back = one("#back");
  #waiting = one("#charts-waiting");
  #changed;
  #charts;

  /**
   * @param {Window} window
   * @param {{stacked: boolean, stack: (stacked: boolean) => void}} charts
   * @param {() => void} changed another measure or zone is in use
   */
  constructor(window, charts, changed) {
    this.#window = window;
    this.#charts = charts;
    this.#changed = changed;
    const box = one("#ranges");
    for (const range of ranges) {
      const input = make("input");
      const label = make("label", "", input, make("span"));
      input.type = "radio";
      input.name = "range";
      input.value = range;
      input.dataset.testid = `range-${range}`;
      caption(one("span", label), `host.range_${range}`);
      caption(label, `host.range_title_${range}`, "data-say-title");
      box.append(label);
    }
    box.addEventListener("change", (event) => window.choose(/** @type {Range} */ (/** @type {HTMLInputElement} */ (event.target).value)));
    this.#live.addEventListener("click", () => this.toggle());
    this.#back.addEventListener("click", () => window.back());
    this.#select("#zone", zones.map((name) => [name, `host.zone_${name}`]), zone(), (value) => useZone(/** @type {import("../zone.js").Zone} */ (value)));
    for (const name of /** @type {const} */ (["traffic", "share"])) {
      this.#select(`#measure-${name}`, choices[name].map((choice) => [choice, `host.measure_${choice}`]), measure(name), (value) => useMeasure(name, value));
    }
    this.#select("#stacked", [["true", "host.stacked"], ["false", "host.lines"]], String(charts.stacked), (value) => charts.stack(value === "true"));
    this.#between(/** @type {HTMLFormElement} */ (one("#between")));
    window.follow(() => this.show());
    this.show();
  }

  /** The time shown as two moments, in the zone in use. @param {HTMLFormElement} form */
  #between(form) {
    const menu = /** @type {HTMLDetailsElement} */ (one("#view-menu"));
    const [from, to] = /** @type {HTMLInputElement[]} */ ([one('[name="from"]', form), one('[name="to"]', form)]);
    menu.addEventListener("toggle", () => {
      if (!menu.open || Number.isNaN(this.#window.to)) return;
      from.value = local(this.#window.from).toISOString().slice(0, 19);
      to.value = local(this.#window.to).toISOString().slice(0, 19);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [a, b] = [from, to].map((input) => momentOf(Date.parse(`${input.value}Z`)));
      to.setCustomValidity(a < b ? "" : say("host.between_order"));
      if (!form.reportValidity()) return;
      this.#window.show(a, b);
      menu.open = false;
    });
    to.addEventListener("input", () => to.setCustomValidity(""));
    closing(menu);
  }

  /** Live when it stands still, and the other way round. */
  toggle() {
    if (this.#window.live) this.#window.pause();
    else this.#window.resume();
  }

  /** A range longer, or shorter. @param {1 | -1} by */
  next(by) {
    const longer = ranges.filter((name) => spans[name] > this.#window.span);
    const shorter = ranges.filter((name) => spans[name] < this.#window.span);
    const range = by > 0 ? longer[0] : shorter.at(-1);
    if (range) this.#window.choose(range);
  }

  show() {
    const { live, range } = this.#window;
    for (const input of document.querySelectorAll("#ranges input")) {
      /** @type {HTMLInputElement} */ (input).checked = /** @type {HTMLInputElement} */ (input).value === range;
    }
    attribute(this.#live, "aria-pressed", String(live));
    caption(this.#live, live ? "host.live" : "host.paused");
    caption(this.#live, live ? "host.live_title" : "host.paused_title", "data-say-title");
    document.documentElement.dataset.live = String(live);
    reveal(this.#back, this.#window.canGoBack);
  }

  /** The choices as they are now: they came from an address. */
  refresh() {
    for (const [id, value] of [["#zone", zone()], ["#measure-traffic", measure("traffic")], ["#measure-share", measure("share")], ["#stacked", String(this.#charts.stacked)]]) {
      /** @type {HTMLSelectElement} */ (one(id)).value = value;
    }
    write(one("#zone-name"), zoneName());
  }

  /** @param {import("../time/archive.js").Archive} archive whose answer is awaited, or has failed */
  wait(archive) {
    write(this.#waiting, archive.problem ? say("charts.history_failed", { why: archive.problem }) : archive.waiting ? say("charts.history_waiting") : "");
  }

  /** @param {string} id @param {[value: string, label: string][]} options @param {string} value @param {(value: string) => void} use */
  #select(id, options, value, use) {
    const select = /** @type {HTMLSelectElement} */ (one(id));
    for (const [name, label] of options) {
      const option = new Option("", name, false, name === value);
      caption(option, label);
      select.add(option);
    }
    select.addEventListener("change", () => {
      use(select.value);
      this.refresh();
      this.#changed();
    });
  }
}
