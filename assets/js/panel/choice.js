// @ts-check
// Which device a chart shows: all together, or one. Devices that come are added, those that go are taken away; the choice
// survives.

import { caption } from "../words/words.js";
import { one } from "./dom.js";
import { recall, remember } from "../remember.js";

export class Choice {
  #select = document.createElement("select");
  #part;
  #known = "";

  /**
   * @param {HTMLElement} root the chart's figure
   * @param {"networks" | "disks"} part of the snapshot that lists the devices
   * @param {(device: string) => void} chosen "" is all of them
   */
  constructor(root, part, chosen) {
    this.#part = part;
    this.#select.className = "chart-choice";
    caption(this.#select, `charts.which_${part}`, "data-say-label");
    const all = new Option("", "");
    caption(all, "charts.all");
    this.#select.add(all);
    this.#select.addEventListener("change", () => {
      remember(part, this.#select.value);
      chosen(this.#select.value);
    });
    one(".chart-title", root).after(this.#select);
    const before = recall(part);
    if (before) {
      this.#select.add(new Option(before, before, true, true));
      chosen(before);
    }
  }

  /** @param {any} s snapshot */
  offer(s) {
    if (!s[this.#part]) return; // not read this time
    const names = s[this.#part].map((/** @type {{name: string}} */ device) => device.name);
    const list = [this.#select.value, ...names].join();
    if (list === this.#known) return;
    this.#known = list;
    const options = [...this.#select.options];
    for (const option of options) if (!option.selected && option.value !== "" && !names.includes(option.value)) option.remove();
    const there = new Set(options.map(({ value }) => value));
    for (const name of names) if (!there.has(name)) this.#select.add(new Option(name, name));
  }
}
