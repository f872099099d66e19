// @ts-check
// The charts: what the host did in the time that the window shows. One time, one crosshair for all.

import { Chart } from "../chart/chart.js";
import { Crosshair } from "../chart/crosshair.js";
import { gestures } from "../chart/gestures.js";
import { Area } from "../chart/area.js";
import { Line } from "../chart/line.js";
import { reach as markReach } from "../chart/marks.js";
import { bytes, clock, flow, moment, percent, period, rate, three, unknown } from "../format.js";
import { measure } from "../measures.js";
import { recall, remember } from "../remember.js";
import { of, whole } from "../series.js";
import { caption, say, term } from "../words/words.js";
import { entries } from "./chartentries.js";
import { CoreStrip } from "./corestrip.js";
import { Choice } from "./choice.js";
import { attribute, field, one, reveal, stamp, write } from "./dom.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../chart/scale.js").Unit} Unit */
/** @typedef {import("./chartentries.js").Entry} Entry */
/** @typedef {import("../time/window.js").Window} Window */

/** @type {Record<Unit, (v: number) => string>} */
const formats = { ratio: percent, bytes, rate, bits: flow, number: (v) => (Number.isNaN(v) ? unknown : three(v)) };

/** How much a key scales. */
const closer = 0.5;

export class Charts {
  #store;
  /** what the pictures show now: it may come from history */
  #shown;
  #frame;
  #window;
  #archive;
  #crosshair = new Crosshair();
  #strip;
  #charts;
  #time = field("time");
  #stacked = recall("stacked") !== "false";
  /** whether there was anything to draw yet */
  #drawn = false;
  /** the newest sample, or now when nothing has come for a while */
  #edge = NaN;
  /** a moment without readings */
  #none = NaN;

  /**
   * @param {Store} store
   * @param {Window} window
   * @param {import("../time/archive.js").Archive} archive
   * @param {import("../frame.js").Frame} frame
   * @param {Entry[]} [which] the first of them has the time axis for all
   */
  constructor(store, window, archive, frame, which = entries) {
    this.#store = this.#shown = store;
    this.#frame = frame;
    this.#window = window;
    this.#archive = archive;
    const mark = () => frame.draw(this.draw);
    this.#charts = which.map((entry) => this.#build(entry, mark));
    const above = this.#charts[0].chart;
    this.#strip = which[0].id === "cpu" ? new CoreStrip(this.#charts[0].root, this.#crosshair, mark) : null;
    if (this.#strip) gestures(this.#strip.canvas, this.#meaning(above));
    this.#crosshair.follow(mark);
    window.follow(() => {
      this.#crosshair.moment = window.moment;
      mark();
    });
  }

  /** What history is to be asked for. */
  get series() {
    return [...new Set([...whole, ...this.#charts.flatMap(({ entry, names }) => (entry.devices ? names : [])), ...this.#strip?.series ?? []])];
  }

  /** Each chart with what it draws, for menus and exports. */
  get list() {
    return this.#charts.map(({ root, canvas, entry, names }, i) => ({
      root, canvas, entry, names: [...names], unit: this.#unit(entry), format: formats[this.#unit(entry)],
      /** below it: single cores @type {CoreStrip | null} */
      strip: i === 0 ? this.#strip : null,
    }));
  }

  /** What the pictures show. */
  get shown() {
    return this.#shown;
  }

  get stacked() {
    return this.#stacked;
  }

  /** @param {boolean} stacked whether parts of a whole stand on each other, or are lines */
  stack(stacked) {
    this.#stacked = stacked;
    remember("stacked", String(stacked));
    this.restyle();
    this.#frame.draw(this.draw);
  }

  /** @param {import("../chart/crosshair.js").Mark[]} marks in the order of time */
  mark(marks) {
    this.#crosshair.marks = marks;
    this.#frame.draw(this.draw);
  }

  get marks() {
    return this.#crosshair.marks;
  }

  /** @param {any} s snapshot */
  show(s) {
    this.#strip?.know(s);
    for (const { choice, entry, root } of this.#charts) {
      choice?.offer(s);
      if (entry.there) reveal(root, entry.there(s));
    }
    this.#edge = this.#store.newest;
    this.#window.advance(this.#edge);
  }

  /**
   * Nothing was measured at this moment: a point of minutes that has it in it is of other moments, and no legend of it.
   * @param {number} at NaN: of no moment is that known
   */
  without(at) {
    if (Object.is(at, this.#none)) return;
    this.#none = at;
    this.#frame.draw(this.draw);
  }

  /** The row of what is shown that tells of a moment. @param {number} at */
  #row(at) {
    return at === this.#none ? this.#shown.from - 1 : this.#shown.find(at);
  }

  /**
   * Nothing has come for a while: let time go on without it.
   * @param {number} now Unix milliseconds on the server's clock
   */
  wait(now) {
    if (!(now > this.#edge)) return;
    this.#edge = now;
    this.#window.advance(now);
  }

  /** Milliseconds until the pictures have moved by a pixel: drawing more often would show nothing new. */
  get pace() {
    const { left, right } = this.#charts[0].chart;
    return Math.min(10_000, Math.max(200, this.#window.span / Math.max(1, right - left)));
  }

  draw = () => {
    const { from, to } = this.#window;
    if (Number.isNaN(to)) return;
    const above = this.#charts[0].chart;
    const width = Math.max(...this.#charts.map(({ chart }) => chart.lay()));
    if (width > 0) this.#shown = this.#archive.show(this.#window, width * devicePixelRatio); // not known before: it would be asked twice
    for (const { chart, root } of this.#charts) {
      if (root.hidden) continue;
      chart.show(from, to, this.#shown);
      chart.draw();
    }
    this.#strip?.draw(this.#shown, from, to, above.left, above.right);
    this.#frame.mark(this.#legends);
    if (!this.#drawn && !this.#archive.waiting && this.#shown.length > 1) {
      this.#drawn = true;
      performance.mark("chart"); // what opening the page is measured by
    }
  };

  restyle() {
    for (const { chart } of this.#charts) chart.restyle();
    this.#strip?.restyle();
  }

  /** Say in words what the pictures show. */
  describe() {
    const { from, to, newest } = this.#window;
    if (Number.isNaN(to)) return;
    const row = this.#row(to);
    for (const { canvas, entry, names } of this.#charts) {
      const value = (/** @type {string} */ name) => formats[this.#unit(entry)](this.#shown.value(name, row));
      const now = entry.series.map(([, label], i) => `${say(label)} ${value(names[i])}`).join(say("host.comma"));
      attribute(canvas, "aria-label", say("charts.described", { title: say(entry.title), from: moment(from, newest), to: moment(to, newest), now }));
    }
  }

  /** @param {Entry} entry @returns {Unit} */
  #unit(entry) {
    return entry.devices === "networks" && measure("traffic") === "bits" ? "bits" : entry.unit;
  }

  /** @param {Entry} entry @param {() => void} mark */
  #build(entry, mark) {
    const root = stamp("chart");
    const canvas = /** @type {HTMLCanvasElement} */ (one("canvas", root));
    root.dataset.chart = entry.id;
    root.dataset.panel = entry.id === "cpu" || entry.id === "memory" ? `${entry.id}` : `chart-${entry.id}`;
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
    const lines = entry.series.map(([name, , ink, bare], i) => new Line(name, ink, mirrored && i > 0 ? -1 : 1, !bare && entry.kind !== "stack"));
    const bands = entry.kind === "stack" ? [new Area(names, entry.series.map(([, , ink]) => ink), entry.whole)] : lines;
    const { limit, ceiling = NaN } = entry;
    const chart = new Chart(canvas, this.#store, this.#crosshair, {
      unit: () => this.#unit(entry),
      layers: () => (this.#stacked ? bands : lines),
      mirrored,
      limit: (store) => (limit ? lastKnown(store, limit) : ceiling),
    }, mark);
    const choice = entry.devices && new Choice(root, entry.devices, (device) => {
      entry.series.forEach(([name], i) => {
        names[i] = of(name, device);
        lines[i].choose(names[i]);
      });
      mark();
    });
    gestures(canvas, this.#meaning(chart));
    canvas.addEventListener("blur", () => this.#crosshair.move(NaN));
    canvas.addEventListener("keydown", (event) => this.#press(event));
    return { root, canvas, chart, entry, names, values, choice };
  }

  /** What gestures on a chart come to. @param {Chart} chart @returns {import("../chart/gestures.js").Meaning} */
  #meaning(chart) {
    const window = this.#window;
    const per = () => window.span / Math.max(1, chart.right - chart.left);
    return {
      point: (x) => this.#crosshair.move(chart.moment(x)),
      pick: (x) => window.pick(chart.moment(x), false),
      select: (first, last, done) => {
        const [a, b] = [chart.nearest(first), chart.nearest(last)];
        this.#crosshair.select(done ? NaN : a, done ? NaN : b);
        if (done) window.show(Math.min(a, b), Math.max(a, b));
      },
      scale: (factor, x) => window.scale(factor, chart.nearest(x), false),
      pan: (by) => window.pan(by * per(), false),
      settle: () => window.settle(),
      back: () => {
        window.undo(); // what the first click has picked
        window.back();
      },
    };
  }

  /** The same by keys: a reading at a time. @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const window = this.#window;
    const { at } = this.#crosshair;
    const here = Number.isNaN(at) ? window.to : at;
    const { span } = window;
    switch (event.key) {
      case "+": case "=": window.scale(closer, here); break;
      case "-": window.scale(1 / closer, here); break;
      case "Enter": window.pick(here); break;
      case "Backspace": window.back(); break;
      case "Escape":
        if (!Number.isNaN(at)) this.#crosshair.move(NaN);
        else window.resume();
        break;
      case "ArrowLeft": event.shiftKey ? window.pan(-span / 4) : this.#step(-1); break;
      case "ArrowRight": event.shiftKey ? window.pan(span / 4) : this.#step(1); break;
      case "PageUp": this.#step(-30); break;
      case "PageDown": this.#step(30); break;
      case "Home": this.#step(-Infinity); break;
      case "End": this.#step(Infinity); break;
      default: return;
    }
    event.preventDefault();
  }

  /** @param {number} by readings */
  #step(by) {
    const store = this.#shown;
    if (store.length === 0) return;
    const { at } = this.#crosshair;
    const { from, to } = this.#window;
    const first = Math.max(store.from, store.find(from) + 1);
    const last = Math.max(first, store.find(to));
    const here = Number.isNaN(at) ? last : store.find(at);
    this.#crosshair.move(store.at[Math.min(last, store.to - 1, Math.max(first, here + by))]);
  }

  #legends = () => {
    const store = this.#shown;
    const { moment: picked, to, from, live, newest } = this.#window;
    const { at: pointed, marks } = this.#crosshair;
    const at = Number.isNaN(pointed) ? picked : pointed;
    const row = this.#row(Number.isNaN(at) ? to : at);
    for (const { entry, names, values } of this.#charts) {
      const format = formats[this.#unit(entry)];
      for (let i = 0; i < values.length; i++) write(values[i], format(store.value(names[i], row)));
    }
    if (Number.isNaN(newest)) return;
    const near = (markReach * (to - from)) / Math.max(1, this.#charts[0].chart.right - this.#charts[0].chart.left);
    const mark = marks.find((m) => Math.abs(m.at - pointed) <= near);
    if (mark) write(this.#time, `${moment(mark.at, newest)} ${term("charts.mark", mark.kind)} ${mark.text}`.trimEnd());
    else {
      const time = !Number.isNaN(at) ? longMoment(at, newest)
        : live ? say("charts.newest", { time: clock(this.#store.newest) }) : between(from, to, newest);
      write(this.#time, ofMeans(time, store.mean(row), this.#store));
    }
    this.#strip?.legend(store, row);
  };
}

/** Two moments: where the one has a day the other has too. @param {number} from @param {number} to @param {number} now */
export function between(from, to, now) {
  const today = moment(from, now) === clock(from) ? now : NaN;
  return say("charts.between", { from: longMoment(from, today), to: longMoment(to, today) });
}

/**
 * A time, and of how long the figures are means, where that is much longer than a reading.
 * @param {string} time @param {number} mean milliseconds @param {Store} live
 */
export function ofMeans(time, mean, live) {
  const last = live.to - 1;
  return mean > 2 * Math.max(1000, live.until(last) - live.since(last)) ? say("charts.means", { time, of: period(mean / 1000) }) : time;
}

/** With the seconds, whatever the day. @param {number} at @param {number} now */
export function longMoment(at, now) {
  const told = moment(at, now);
  return told.endsWith(clock(at)) ? told : `${told}${clock(at).slice(5)}`;
}

/** @param {Store} store @param {string} name */
function lastKnown(store, name) {
  const column = store.column(name);
  for (let i = store.to - 1; i >= store.from; i--) if (column[i] === column[i]) return column[i];
  return NaN;
}
