// @ts-check
// The strip below the CPU chart: each core for itself, and in words the busiest of them.

import { Heat } from "../chart/heat.js";
import { percent } from "../format.js";
import { say } from "../words/words.js";
import { attribute, property, write } from "./dom.js";

/** @typedef {import("../cores.js").Cores} Cores */

export class CoreStrip {
  canvas = document.createElement("canvas");
  #cores;
  #heat;
  #box = document.createElement("div");
  #count = document.createElement("span");
  #busiest = document.createElement("span");

  /**
   * @param {HTMLElement} root the CPU chart's figure
   * @param {Cores} cores
   * @param {import("../chart/crosshair.js").Crosshair} crosshair
   * @param {() => void} mark
   */
  constructor(root, cores, crosshair, mark) {
    this.#cores = cores;
    const head = document.createElement("p");
    this.#box.className = "cores";
    head.className = "cores-head";
    head.append(this.#count, this.#busiest);
    this.canvas.setAttribute("role", "img");
    this.canvas.dataset.testid = "cores";
    this.#box.append(head, this.canvas);
    root.append(this.#box);
    this.#heat = new Heat(this.canvas, cores, crosshair, mark);
  }

  /** @param {number} from @param {number} to @param {number} left @param {number} right */
  draw(from, to, left, right) {
    property(this.#box, "cores", this.#cores.names.length);
    this.#heat.show(from, to, left, right);
    this.#heat.draw();
  }

  restyle() {
    this.#heat.restyle();
  }

  /** @param {number} at the moment to tell about */
  legend(at) {
    const { names } = this.#cores;
    const i = this.#cores.find(at);
    let most = -1;
    for (let c = 0; c < names.length; c++) {
      const v = this.#cores.value(i, c);
      if (!Number.isNaN(v) && (most < 0 || v > this.#cores.value(i, most))) most = c;
    }
    write(this.#count, say("charts.cores", { n: names.length }) + (this.#heat.bare ? say("charts.hatched") : ""));
    write(this.#busiest, most < 0 ? "" : say("charts.busiest", { core: names[most], busy: percent(this.#cores.value(i, most)) }));
    attribute(this.canvas, "aria-label", `${say("charts.each_core")} ${this.#busiest.textContent}`);
  }
}
