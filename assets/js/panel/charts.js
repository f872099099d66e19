// @ts-check
// The charts: the last minutes of the host. One time, one crosshair for all. To add a chart, add an entry.

import { Area } from "../chart/area.js";
import { Chart } from "../chart/chart.js";
import { Crosshair } from "../chart/crosshair.js";
import { Line } from "../chart/line.js";
import { bytes, clock, percent, rate, three, unknown } from "../format.js";
import { recall, remember } from "../remember.js";
import { of } from "../series.js";
import { caption, say } from "../words/words.js";
import { CoreStrip } from "./corestrip.js";
import { Choice } from "./choice.js";
import { attribute, field, one, reveal, stamp, write } from "./dom.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../chart/scale.js").Unit} Unit */
/**
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} title the key of its words, as are those of the series
 * @property {string} source whose failure makes it stale, and whose absence takes it away
 * @property {string} [sources] all whose failure is told beside it
 * @property {Unit} unit
 * @property {"stack" | "mirror" | "line"} kind
 * @property {[name: string, label: string, ink: string, bare?: "bare"][]} series of a stack, from the bottom; of a mirror, upper and lower; bare lines have no area
 * @property {string} [limit] the series that is the top of the axis
 * @property {number} [ceiling] the top of the axis
 * @property {(s: any) => boolean} [there] whether this host tells such a thing
 * @property {"networks" | "disks"} [devices] the part of the snapshot to choose one of
 */

/** @type {Entry[]} */
const entries = [
  {
    id: "cpu", title: "charts.cpu", source: "cpu", sources: "cpu frequency", unit: "ratio", kind: "stack", ceiling: 1,
    series: [
      ["cpu.user", "charts.user", "band-1"], ["cpu.nice", "charts.nice", "band-2"], ["cpu.system", "charts.system", "band-3"],
      ["cpu.interrupts", "charts.interrupts", "band-4"], ["cpu.iowait", "charts.disk_wait", "band-5"], ["cpu.steal", "charts.stolen", "band-6"],
    ],
  },
  {
    id: "memory", title: "charts.memory", source: "memory", sources: "memory swap paging", unit: "bytes", kind: "stack", limit: "memory.total",
    series: [["memory.used", "charts.used", "band-1"], ["memory.reclaimable", "charts.reclaimable", "band-2"], ["memory.free", "charts.free", "band-rest"]],
  },
  {
    // The line is some, the area inside it full: all that is full is some as well.
    id: "pressure", title: "charts.pressure", source: "pressure", unit: "ratio", kind: "line", there: (s) => Boolean(s.pressure),
    series: [
      ["pressure.cpu.some", "charts.cpu_some", "band-1", "bare"], ["pressure.memory.some", "charts.memory_some", "band-6", "bare"], ["pressure.memory.full", "charts.memory_full", "band-6"],
      ["pressure.io.some", "charts.disks_some", "band-5", "bare"], ["pressure.io.full", "charts.disks_full", "band-5"],
    ],
  },
  {
    id: "network", title: "charts.network", source: "networks", unit: "rate", kind: "mirror", devices: "networks",
    series: [["network.receive_rate", "charts.in", "band-1"], ["network.transmit_rate", "charts.out", "band-5"]],
  },
  {
    id: "disk", title: "charts.disks", source: "disks", unit: "rate", kind: "mirror", devices: "disks",
    series: [["disk.read_rate", "charts.read", "band-1"], ["disk.write_rate", "charts.write", "band-5"]],
  },
  { id: "load", title: "charts.load", source: "load", unit: "number", kind: "line", series: [["load.one", "charts.load_one", "band-1"]] },
];

/** @type {Record<Unit, (v: number) => string>} */
const formats = { ratio: percent, bytes, rate, number: (v) => (Number.isNaN(v) ? unknown : three(v)) };

export class Charts {
  #store;
  #frame;
  #crosshair = new Crosshair();
  #strip;
  #charts;
  #time = field("time");
  #span = 5;
  /** the right edge: the newest sample, or now when nothing has come for a while */
  #edge = NaN;

  /**
   * @param {Store} store
   * @param {import("../cores.js").Cores} cores
   * @param {import("../frame.js").Frame} frame
   */
  constructor(store, cores, frame) {
    this.#store = store;
    this.#frame = frame;
    const mark = () => frame.mark(this.draw);
    this.#charts = entries.map((entry) => this.#build(entry, mark));
    this.#strip = new CoreStrip(this.#charts[0].root, cores, this.#crosshair, mark);
    this.#strip.canvas.addEventListener("pointermove", (event) => this.#point(this.#charts[0].chart, event));
    this.#strip.canvas.addEventListener("pointerleave", () => this.#crosshair.move(NaN));
    this.#crosshair.follow(mark);
    this.#ranges(mark);
  }

  /** @param {any} s snapshot */
  show(s) {
    for (const { choice, entry, root } of this.#charts) {
      choice?.offer(s);
      if (entry.there) reveal(root, entry.there(s));
    }
    this.#edge = this.#store.newest;
  }

  /**
   * Nothing has come for a while: let time go on without it.
   * @param {number} now Unix milliseconds on the server's clock
   */
  wait(now) {
    if (now > this.#edge) this.#edge = now;
  }

  /** Milliseconds until the pictures have moved by a pixel: drawing more often would show nothing new. */
  get pace() {
    const { left, right } = this.#charts[0].chart;
    return Math.min(900, Math.max(200, (this.#span * 60_000) / Math.max(1, right - left)));
  }

  draw = () => {
    if (Number.isNaN(this.#edge)) return;
    const from = this.#edge - this.#span * 60_000;
    for (const { chart } of this.#charts) {
      chart.show(from, this.#edge);
      chart.draw();
    }
    const above = this.#charts[0].chart;
    this.#strip.draw(from, this.#edge, above.left, above.right);
    this.#legends();
  };

  restyle() {
    for (const { chart } of this.#charts) chart.restyle();
    this.#strip.restyle();
  }

  /** Say in words what the pictures show. */
  describe() {
    for (const { canvas, entry, names } of this.#charts) {
      const newest = (/** @type {string} */ name) => formats[entry.unit](this.#store.value(name));
      const now = entry.series.map(([, label], i) => `${say(label)} ${newest(names[i])}`).join(say("host.comma"));
      attribute(canvas, "aria-label", say("charts.described", { title: say(entry.title), n: this.#span, now }));
    }
  }

  /** @param {Entry} entry @param {() => void} mark */
  #build(entry, mark) {
    const root = stamp("chart");
    const canvas = /** @type {HTMLCanvasElement} */ (one("canvas", root));
    root.dataset.chart = entry.id;
    root.dataset.unit = entry.unit;
    root.dataset.testid = `chart-${entry.id}`;
    one(".stale", root).dataset.source = entry.sources ?? entry.source;
    one(".scope", root).dataset.scope = entry.source;
    root.dataset.part = entry.source;
    caption(one(".chart-title", root), entry.title);
    attribute(canvas, "aria-label", say(entry.title));
    const values = entry.series.map(([, label, ink, bare]) => {
      const line = stamp("legend-entry");
      one(".swatch", line).classList.toggle("swatch-bare", bare === "bare");
      one(".swatch", line).classList.toggle("swatch-area", entry.kind === "stack");
      one(".swatch", line).style.setProperty("--swatch", `var(--${ink})`);
      caption(one(".legend-name", line), label);
      one(".legend", root).append(line);
      return one(".legend-value", line);
    });
    one("#charts-grid").append(root);

    const names = entry.series.map(([name]) => name);
    const mirrored = entry.kind === "mirror";
    const lines = entry.kind === "stack" ? [] : entry.series.map(([name, , ink, bare], i) => new Line(name, ink, mirrored && i > 0 ? -1 : 1, !bare));
    const layers = entry.kind === "stack" ? [new Area(names, entry.series.map(([, , ink]) => ink))] : lines;
    const { limit, ceiling = NaN } = entry;
    const chart = new Chart(canvas, this.#store, this.#crosshair, {
      unit: entry.unit,
      layers,
      mirrored,
      limit: (store) => (limit ? store.value(limit) : ceiling),
    }, mark);
    const choice = entry.devices && new Choice(root, entry.devices, (device) => {
      entry.series.forEach(([name], i) => {
        names[i] = of(name, device);
        lines[i].choose(names[i]);
      });
      mark();
    });
    canvas.addEventListener("pointermove", (event) => this.#point(chart, event));
    canvas.addEventListener("pointerleave", () => this.#crosshair.move(NaN));
    canvas.addEventListener("blur", () => this.#crosshair.move(NaN));
    canvas.addEventListener("keydown", (event) => this.#step(event));
    return { root, canvas, chart, entry, names, values, choice };
  }

  /** @param {() => void} mark */
  #ranges(mark) {
    const box = one("#ranges");
    const remembered = /** @type {HTMLInputElement | null} */ (box.querySelector(`input[value="${Number(recall("range"))}"]`));
    if (remembered) remembered.checked = true;
    const take = () => {
      this.#span = Number(/** @type {HTMLInputElement} */ (one("input:checked", box)).value);
    };
    take();
    box.addEventListener("change", () => {
      take();
      remember("range", String(this.#span));
      mark();
    });
  }

  /** @param {Chart} chart @param {PointerEvent} event */
  #point(chart, event) {
    this.#crosshair.move(chart.moment(event.offsetX));
  }

  /** The crosshair by keys: a sample at a time. @param {KeyboardEvent} event */
  #step(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30, Home: -Infinity, End: Infinity };
    const by = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (event.key === "Escape") this.#crosshair.move(NaN);
    if (by === undefined || this.#store.length === 0) return;
    event.preventDefault();
    const { at } = this.#crosshair;
    const here = Number.isNaN(at) ? this.#store.to - 1 : this.#store.find(at);
    const first = Math.max(this.#store.from, this.#store.find(this.#edge - this.#span * 60_000) + 1);
    const there = Math.min(this.#store.to - 1, Math.max(first, here + by));
    this.#crosshair.move(this.#store.at[there]);
  }

  #legends() {
    const { at } = this.#crosshair;
    const row = Number.isNaN(at) ? this.#store.to - 1 : this.#store.find(at);
    for (const { entry, names, values } of this.#charts) {
      for (let i = 0; i < values.length; i++) write(values[i], formats[entry.unit](this.#store.value(names[i], row)));
    }
    const told = Number.isNaN(at) ? say("charts.newest", { time: clock(this.#store.newest) }) : clock(at);
    write(this.#time, Number.isNaN(this.#store.newest) ? "" : told);
    this.#strip.legend(Number.isNaN(at) ? this.#store.newest : at);
  }
}
