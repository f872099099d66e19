// @ts-check
// The strip below the CPU chart: each core for itself, and in words the busiest of them.

import { Heat } from "../chart/heat.js";
import { percent } from "../format.js";
import { ofCore, single } from "../series.js";
import { say } from "../words/words.js";
import { attribute, property, write } from "./dom.js";

export class CoreStrip {
  canvas = document.createElement("canvas");
  /** of each core, in their order @type {string[]} */
  series = [];
  /** @type {string[]} */
  #names = [];
  /** how many there are in all */
  #all = 0;
  #heat;
  #box = document.createElement("div");
  #count = document.createElement("span");
  #busiest = document.createElement("span");

  /**
   * @param {HTMLElement} root the CPU chart's figure
   * @param {import("../chart/crosshair.js").Crosshair} crosshair
   * @param {() => void} mark
   */
  constructor(root, crosshair, mark) {
    const head = document.createElement("p");
    this.#box.className = "cores";
    head.className = "cores-head";
    head.append(this.#count, this.#busiest);
    this.canvas.setAttribute("role", "img");
    this.canvas.dataset.testid = "cores";
    this.#box.append(head, this.canvas);
    root.append(this.#box);
    this.#heat = new Heat(this.canvas, crosshair, mark);
  }

  /** Which cores there are. @param {any} s a snapshot */
  know(s) {
    if (!s.cpu?.cores) return;
    const cores = single(s);
    this.#all = s.cpu.cores.length;
    this.#names = cores.map(({ name }) => name);
    this.series = cores.map(ofCore);
  }

  /** @param {import("../store.js").Store} store @param {number} from @param {number} to @param {number} left @param {number} right */
  draw(store, from, to, left, right) {
    property(this.#box, "cores", this.#names.length);
    this.#heat.show(store, this.series, from, to, left, right);
    this.#heat.draw();
  }

  restyle() {
    this.#heat.restyle();
  }

  /** @param {import("../store.js").Store} store @param {number} row the one to tell about */
  legend(store, row) {
    const values = this.series.map((name) => store.value(name, row));
    const most = values.reduce((most, v, c) => (v > (values[most] ?? -1) ? c : most), -1);
    const n = this.#names.length;
    write(this.#count, (n < this.#all ? say("charts.some_cores", { n, all: this.#all }) : say("charts.cores", { n })) + (this.#heat.bare ? say("charts.hatched") : ""));
    write(this.#busiest, most < 0 ? "" : say("charts.busiest", { core: this.#names[most], busy: percent(values[most]) }));
    attribute(this.canvas, "aria-label", `${say("charts.each_core")} ${this.#busiest.textContent}`);
  }
}
