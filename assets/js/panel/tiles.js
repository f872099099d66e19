// @ts-check
// The tiles: what the host does now, one big figure each, with the shape of the last minutes. To add one, add an entry.

import { Spark } from "../chart/spark.js";
import { byteParts, bytes, count, flowParts, known, percent, percentFigure, rateParts, three, unknown } from "../format.js";
import { cores } from "../processlist.js";
import { counted, pressure, total, ways, worst } from "../series.js";
import { caption, say } from "../words/words.js";
import { attribute, one, property, reveal, stamp, write } from "./dom.js";
import { fullness } from "./level.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../frame.js").Frame} Frame */
/**
 * @typedef {object} Tile
 * @property {string} id
 * @property {string} label the key of its words, as are the names of figures
 * @property {(s: any) => string} [subject] which one of them it is about; part of the label
 * @property {string} source whose failure makes it stale
 * @property {{name?: string, read: (s: any) => string[]}[]} figures each reads a figure and its unit
 * @property {(s: any) => string} detail
 * @property {import("../chart/spark.js").Trace[]} [traces] what the sparkline shows; without, there is a gauge
 * @property {(s: any) => number | null | undefined} [ceiling] the top of the sparkline, where it is a fact
 * @property {(s: any) => number | null | undefined} [ratio] how full: for the gauge and for the warning
 * @property {(s: any) => boolean} [there] whether this host has such a thing
 */

/** Milliseconds that a sparkline shows. */
const shown = 5 * 60_000;

/** @type {Tile[]} */
const tiles = [
  {
    id: "cpu", label: "charts.cpu_busy", source: "cpu",
    figures: [{ read: (s) => [percentFigure(s.cpu?.busy), "%"] }],
    detail: (s) => say("charts.waiting_for_disks", { share: percent(s.cpu?.iowait) }),
    traces: [{ name: "cpu.busy", ink: "band-1" }],
    ceiling: () => 1,
  },
  {
    id: "load", label: "charts.load", source: "load",
    figures: [{ read: (s) => [known(s.load?.one) ? three(s.load.one) : unknown, say("charts.load_one")] }],
    detail: (s) => (known(s.load?.five) && known(s.load.fifteen) ? say("charts.load_others", { five: three(s.load.five), fifteen: three(s.load.fifteen) }) : unknown),
    traces: [{ name: "load.one", ink: "band-1" }],
  },
  {
    id: "memory", label: "charts.memory_used", source: "memory",
    figures: [{ read: (s) => byteParts(s.memory?.used) }],
    detail: (s) => (s.memory ? say("charts.share_of", { share: percent(s.memory.used / s.memory.total), all: bytes(s.memory.total) }) : unknown),
    traces: [{ name: "memory.used", ink: "band-1" }],
    ceiling: (s) => s.memory?.total,
    ratio: (s) => s.memory && s.memory.used / s.memory.total,
  },
  {
    id: "swap", label: "charts.swap_used", source: "swap",
    figures: [{ read: (s) => byteParts(s.swap?.used) }],
    detail: (s) => say("charts.share_of", { share: percent(s.swap.used / s.swap.total), all: bytes(s.swap.total) }),
    traces: [{ name: "swap.used", ink: "band-1" }],
    ceiling: (s) => s.swap?.total,
    ratio: (s) => s.swap.used / s.swap.total,
    there: (s) => s.swap?.total > 0,
  },
  {
    id: "pressure", label: "charts.stalled", source: "pressure",
    figures: [{ read: (s) => [percentFigure(waiting(s)?.ratio), "%"] }],
    detail: (s) => (Number(waiting(s)?.ratio) < 0.0005 ? say("charts.nothing_waits") : (waiting(s)?.reason ?? unknown)),
    traces: [{ name: "pressure.worst", ink: "band-1" }],
    ceiling: () => 1,
    there: (s) => Boolean(s.pressure),
  },
  {
    id: "disk", label: "charts.disks", source: "disks",
    figures: [
      { name: "charts.read", read: (s) => rateParts(sum(s, "disk.read_rate", counted(s.disks))) },
      { name: "charts.write", read: (s) => rateParts(sum(s, "disk.write_rate", counted(s.disks))) },
    ],
    detail: (s) => busiest(s.disks),
    traces: [{ name: "disk.read_rate", ink: "band-1" }, { name: "disk.write_rate", ink: "band-5", sign: -1 }],
  },
  {
    id: "network", label: "charts.network", source: "networks",
    figures: [
      { name: "charts.in", read: (s) => flowParts(sum(s, "network.receive_rate", ways(s.networks))) },
      { name: "charts.out", read: (s) => flowParts(sum(s, "network.transmit_rate", ways(s.networks))) },
    ],
    detail: (s) => ways(s.networks).filter((n) => !s.past || known(n.receive_rate)).map((n) => n.name).join(", ") || unknown,
    traces: [{ name: "network.receive_rate", ink: "band-1" }, { name: "network.transmit_rate", ink: "band-5", sign: -1 }],
  },
  {
    id: "filesystem", label: "charts.fullest", source: "filesystems",
    figures: [{ read: (s) => [percentFigure(fullest(s)?.used_ratio), "%"] }],
    subject: (s) => fullest(s)?.mount ?? "",
    detail: (s) => (known(fullest(s)?.available) ? say("charts.left", { left: bytes(fullest(s).available) }) : unknown),
    ratio: (s) => fullest(s)?.used_ratio,
  },
  {
    id: "processes", label: "charts.processes", source: "processes",
    figures: [{ read: (s) => [count(s.processes?.total), ""] }],
    detail: (s) => top(s),
    traces: [{ name: "processes.total", ink: "band-1" }],
  },
];

export class Tiles {
  #store;
  #tiles;
  #to = NaN;
  /** the snapshot shown */
  #latest = /** @type {any} */ ({});

  /**
   * @param {() => Store} store
   * @param {Frame} frame
   */
  constructor(store, frame) {
    this.#store = store;
    const redraw = () => frame.draw(this.draw);
    this.#tiles = tiles.map((tile) => {
      const root = stamp("tile");
      root.dataset.testid = `tile-${tile.id}`;
      root.dataset.part = tile.source;
      one(".scope", root).dataset.scope = tile.source;
      caption(one(".tile-label", root), tile.label);
      const box = one(".tile-figures", root);
      box.dataset.count = String(tile.figures.length);
      const figures = tile.figures.map((figure) => {
        const line = stamp("tile-figure");
        if (figure.name) caption(one(".figure-name", line), figure.name);
        else one(".figure-name", line).remove();
        box.append(line);
        return { line, number: one(".figure-number", line), unit: one(".figure-unit", line) };
      });
      const picture = one(".tile-picture", root);
      one("#tiles").append(root);
      const spark = tile.traces && new Spark(canvas(picture), store(), tile.traces, () => tile.ceiling?.(this.#latest), redraw);
      const gauge = tile.traces ? undefined : bar(picture);
      return { tile, root, label: one(".tile-label", root), figures, detail: one(".tile-detail", root), spark, gauge };
    });
  }

  /** @param {any} s snapshot */
  show(s) {
    this.#latest = s;
    for (const { tile, root, label, figures, detail, gauge } of this.#tiles) {
      const there = tile.there?.(s) ?? true;
      reveal(root, there);
      if (!there) continue;
      tile.figures.forEach(({ read }, i) => {
        const [figure, unit] = read(s);
        write(figures[i].number, figure);
        write(figures[i].unit, figure === unknown ? "" : unit);
        attribute(figures[i].line, "data-known", String(figure !== unknown));
      });
      if (tile.subject) write(label, `${say(tile.label)} ${tile.subject(s)}`);
      const ratio = tile.ratio?.(s);
      const { level, word } = fullness(ratio);
      const stale = (s.sources ?? []).some((/** @type {any} */ source) => source.name === tile.source && !source.missing);
      write(detail, [stale ? say("charts.stale") : word, tile.detail(s)].filter(Boolean).join(" · "));
      attribute(root, "data-level", level);
      attribute(root, "data-stale", String(stale));
      if (gauge) property(gauge, "ratio", ratio ?? 0);
    }
  }

  /**
   * What sparklines show from now on.
   * @param {() => Store} store
   * @param {number} to the moment they end at; NaN: the newest reading there is
   */
  follow(store, to) {
    this.#store = store;
    this.#to = to;
  }

  draw = () => {
    const store = this.#store();
    const to = Number.isNaN(this.#to) ? store.newest : this.#to;
    for (const { root, spark } of this.#tiles) {
      if (!spark || root.hidden || Number.isNaN(to)) continue;
      spark.show(to - shown, to, store);
      spark.draw();
    }
  };

  restyle() {
    for (const { spark } of this.#tiles) spark?.restyle();
  }
}

/** @param {HTMLElement} box */
function canvas(box) {
  const element = document.createElement("canvas");
  element.setAttribute("aria-hidden", "true");
  box.append(element);
  return element;
}

/** @param {HTMLElement} box */
function bar(box) {
  const gauge = document.createElement("span");
  const fill = document.createElement("span");
  gauge.className = "gauge";
  fill.className = "gauge-fill";
  gauge.append(fill);
  box.append(gauge);
  return gauge;
}

/** The one that will be full first: what is read-only stays as it is, and what does not answer is not known. @param {any} s */
function fullest(s) {
  let most = null;
  for (const f of s.filesystems ?? []) if (!f.stale && !f.read_only && known(f.used_ratio) && !(most?.used_ratio >= f.used_ratio)) most = f;
  return most;
}

/** Of all together: of a moment that has passed history has it, with those that are gone. @param {any} s @param {string} series @param {any[]} list */
function sum(s, series, list) {
  return s.sums ? s.sums[series] : total(list, series.split(".")[1]);
}

/** @param {any[] | undefined} disks */
function busiest(disks) {
  let most = null;
  for (const d of counted(disks)) if (known(d.busy) && !(most?.busy >= d.busy)) most = d;
  return most ? say("charts.disk_busy", { disk: most.name, busy: percent(most.busy) }) : unknown;
}

/** @type {Record<string, string>} */
const reasons = { "pressure.cpu.some": "charts.wait_cpu", "pressure.memory.full": "charts.wait_memory", "pressure.io.full": "charts.wait_disks" };

/** How full a filesystem is when the sentence names it, as an alert does. */
const brim = 0.95;

/**
 * Of a moment that has passed: what work stood still for, what was full, and which processes used most.
 * @param {any} s snapshot, as far as it is known
 * @param {import("../processlist.js").Process[] | null} processes
 */
export function inShort(s, processes) {
  const parts = [];
  const stall = waiting(s);
  if (known(stall?.ratio)) parts.push(stall.ratio < 0.0005 ? say("charts.nothing_waits") : say("charts.stalled_for", { share: percent(stall.ratio), why: stall.reason }));
  const full = (s.filesystems ?? []).filter((/** @type {any} */ f) => f.used_ratio >= brim).sort((/** @type {any} */ a, /** @type {any} */ b) => b.used_ratio - a.used_ratio);
  for (const { mount, used_ratio } of full.slice(0, 2)) parts.push(say("charts.full_to", { mount, share: percent(used_ratio) }));
  const names = (/** @type {(p: import("../processlist.js").Process) => number | null} */ of, /** @type {(v: number) => string} */ format) =>
    [...(processes ?? [])].filter((p) => Number(of(p)) > 0).sort((a, b) => Number(of(b)) - Number(of(a))).slice(0, 2)
      .map((p) => `${p.name} ${format(Number(of(p)))}`).join(say("host.comma"));
  const [cpu, memory] = [names(cores, percent), names((p) => p.memory, bytes)];
  if (cpu) parts.push(say("charts.most_cpu", { names: cpu }));
  if (memory) parts.push(say("charts.most_memory", { names: memory }));
  return parts.join(say("host.semicolon"));
}

/** What most work stands still for. @param {any} s */
function waiting(s) {
  const stalls = pressure(s);
  const most = worst(stalls);
  return most === null ? undefined : { ratio: Number(stalls[most]), reason: say(reasons[most]) };
}

/** @param {any} s */
function top(s) {
  const first = s.processes?.top?.[0];
  return first ? `${first.name} ${percent(cores(first))}` : unknown;
}
