// @ts-check
// Taking away what is in view: a chart as a picture or as numbers, everything as CSV, JSON, or a page of its own. What is
// needed for it is loaded when somebody asks.

import { scale as heat } from "../chart/heat.js";
import { inks } from "../chart/ink.js";
import { ceiling } from "../chart/scale.js";
import { lines } from "../csv.js";
import { unknown } from "../format.js";
import { outdated } from "../outdated.js";
import { say, term } from "../words/words.js";
import { zoneSaid } from "../zone.js";
import { between, longMoment } from "./charts.js";
import { make, one, write } from "./dom.js";

/** @typedef {import("./charts.js").Charts} Charts */
/** @typedef {Charts["list"][number]} Shown */

/** The tokens that a page of its own paints with, by what it calls them. */
const tokens = { page: "page", panel: "panel", ink: "ink", dim: "ink-3", line: "line" };

/** How many steps the axis of a chart in a page has at the most, for a round top. */
const ticks = 4;

/** @param {string} name @param {Blob} content */
export function save(name, content) {
  const link = make("a");
  link.download = name;
  link.href = URL.createObjectURL(content);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export class Taking {
  #charts;
  #window;
  #told;

  /**
   * @param {Charts} charts
   * @param {import("../time/window.js").Window} window
   * @param {() => {snapshot: any, taken: number, told: number}} told what the tiles show, when the newest reading was taken, and of when the tiles are
   */
  constructor(charts, window, told) {
    this.#charts = charts;
    this.#window = window;
    this.#told = told;
  }

  /** The buttons that take all of it, and the one that copies a link. @param {() => string} link to what is in view */
  listen(link) {
    for (const form of /** @type {const} */ (["html", "csv", "json"])) one(`#take-${form}`).addEventListener("click", () => void this.all(form));
    one("#copy-link").addEventListener("click", async () => {
      const told = one("#copied");
      try {
        await navigator.clipboard.writeText(link());
        write(told, say("host.copied"));
      } catch {
        // A page that is not served securely may not write there: the address bar has the link.
        history.replaceState(null, "", link());
        write(told, say("host.copy_failed"));
      }
    });
  }

  /** @param {"csv" | "json" | "html"} form */
  async all(form) {
    const { csv, json } = await import("../export/view.js").catch(outdated);
    const view = await this.#view();
    const name = `${this.#name("")}.${form}`;
    if (form === "csv") save(name, new Blob([csv(view)], { type: "text/csv" }));
    else if (form === "json") save(name, new Blob([json(view)], { type: "application/json" }));
    else save(name, new Blob([await this.#page(view)], { type: "text/html" }));
  }

  /** The numbers of a chart, as they stand in it. @param {Shown} shown @param {ReturnType<typeof series>} [more] */
  async numbers(shown, more = []) {
    const { numbers, table } = await import("../export/view.js").catch(outdated);
    const cut = numbers(this.#charts.shown, this.#window.from, this.#window.to, [...series(shown), ...more]);
    return { ...cut, table: table(cut) };
  }

  /** With the single cores, where there are some below it. @param {Shown} shown */
  async chartCSV(shown) {
    save(`${this.#name(shown.entry.id)}.csv`, new Blob([lines((await this.numbers(shown, cores(shown))).table)], { type: "text/csv" }));
  }

  /** The picture with its title, legend and time. @param {Shown} shown */
  chartPNG({ canvas, entry, root, strip }) {
    const scale = canvas.width / Math.max(1, canvas.clientWidth);
    const size = parseFloat(getComputedStyle(canvas).fontSize);
    const colours = inks(canvas, ["panel", "ink", "ink-2"]);
    const font = getComputedStyle(canvas).fontFamily;
    const head = Math.ceil(size * 4.5);
    const out = make("canvas");
    out.width = canvas.width;
    out.height = canvas.height + head * scale + (strip?.canvas.height ?? 0);
    const ctx = /** @type {CanvasRenderingContext2D} */ (out.getContext("2d"));
    ctx.fillStyle = colours.panel;
    ctx.fillRect(0, 0, out.width, out.height);
    ctx.drawImage(canvas, 0, head * scale);
    if (strip) ctx.drawImage(strip.canvas, 0, head * scale + canvas.height);
    ctx.scale(scale, scale);
    ctx.textBaseline = "top";
    ctx.fillStyle = colours.ink;
    ctx.font = `${size * 1.2}px ${font}`;
    ctx.fillText(`${say(entry.title)} · ${this.#when()}`, size, size * 0.5);
    ctx.font = `${size}px ${font}`;
    let x = size;
    const values = [...root.querySelectorAll(".legend-entry")];
    entry.series.forEach(([, label, ink], i) => {
      ctx.fillStyle = inks(canvas, [ink])[ink];
      ctx.fillRect(x, size * 2.6, size * 0.8, size * 0.8);
      ctx.fillStyle = colours["ink-2"];
      const text = `${say(label)} ${values[i]?.querySelector(".legend-value")?.textContent ?? ""}`;
      ctx.fillText(text, x + size * 1.1, size * 2.5);
      x += ctx.measureText(text).width + size * 2.2;
    });
    out.toBlob((blob) => blob && save(`${this.#name(entry.id)}.png`, blob), "image/png");
  }

  /** @returns {Promise<import("../export/view.js").View>} */
  async #view() {
    const { numbers } = await import("../export/view.js").catch(outdated);
    const { from, to, moment } = this.#window;
    const { snapshot, taken, told } = this.#told();
    const text = (/** @type {string} */ selector, /** @type {ParentNode} */ root = document) => (root.querySelector(selector)?.textContent ?? "").replace(/\s+/g, " ").trim();
    return {
      host: text(".host"), system: text(".host-system"), taken, told, zone: zoneSaid(taken), from, to, moment, snapshot,
      verdict: text("#verdict .verdict-line"),
      marks: this.#charts.marks.filter(({ at }) => at >= from && at <= to),
      tiles: [...document.querySelectorAll("#tiles .tile")].filter((tile) => tile.checkVisibility())
        .map((tile) => ({ title: text(".tile-label", tile), figures: [...tile.querySelectorAll(".figure")].map((figure) => text(".figure-name", figure) + figureOf(figure)).join(" · ") })),
      charts: this.#charts.list.filter(({ root }) => !root.hidden)
        .flatMap((shown) => [
          { id: shown.entry.id, title: say(shown.entry.title), unit: shown.unit, ...split(shown, numbers(this.#charts.shown, from, to, [...series(shown), ...whole(shown)])) },
          ...(shown.strip ? [{ id: "cores", title: say("charts.single_cores"), unit: shown.unit, ...numbers(this.#charts.shown, from, to, cores(shown)) }] : []),
        ]),
      tables: [...document.querySelectorAll("main .tables > section")].filter((panel) => panel.checkVisibility()).flatMap((panel) => {
        const seen = (/** @type {Element} */ cell) => cell.checkVisibility();
        const cells = (/** @type {Element} */ row) => [...row.querySelectorAll("th, td")].filter(seen).map((cell) => text(":scope", cell) || (cell.textContent ?? "").trim());
        const head = panel.querySelector("thead tr");
        return head ? [{ title: text(".title", panel), note: text(".panel-note", panel), head: cells(head), rows: [...panel.querySelectorAll("tbody tr:not(.detail)")].filter(seen).map(cells) }] : [];
      }),
    };
  }

  /** @param {import("../export/view.js").View} view */
  async #page(view) {
    const { page } = await import("../export/page.js").catch(outdated);
    const style = getComputedStyle(document.body);
    const list = this.#charts.list;
    const of = (/** @type {{id: string}} */ { id }) => /** @type {Shown} */ (list.find(({ entry, strip }) => (id === "cores" ? strip : entry.id === id)));
    const names = [...new Set([...Object.values(tokens), ...heat, ...view.charts.flatMap(({ series }) => series.map(({ ink }) => ink).filter(Boolean))])];
    const found = inks(document.body, names);
    const colours = {
      ...found, ...Object.fromEntries(Object.entries(tokens).map(([name, token]) => [name, found[token]])),
      scheme: matchMedia("(prefers-color-scheme: dark)").matches && document.documentElement.dataset.theme !== "light" || document.documentElement.dataset.theme === "dark" ? "dark" : "light",
      // Some of them are pairs of light and dark; the page's own are as they are computed.
      page: style.backgroundColor, ink: style.color,
    };
    return page(view, {
      title: `${view.host} · ${this.#when()}`,
      lang: document.documentElement.lang,
      lines: [view.system, say("charts.taken_at", { time: longMoment(view.taken, NaN) }), say("charts.times_in", { zone: view.zone }), view.told === view.taken ? "" : say("charts.taken_rest")].filter(Boolean),
      told: say("charts.told_of", { time: longMoment(view.told, NaN) }),
      happened: say("charts.happened"),
      mark: ({ at, kind, text }) => `${longMoment(at, NaN)} ${term("charts.mark", kind)} ${text}`.trimEnd(),
      name: (at) => longMoment(at, NaN),
      format: (chart, v) => of(chart).format(v),
      upTo: (mean, most) => say("charts.up_to", { mean, most }),
      stacked: (chart) => of(chart).entry.kind === "stack" && this.#charts.stacked,
      scale: heat.map((name) => found[name]),
      mirrored: (chart) => of(chart).entry.kind === "mirror",
      top: (chart, most) => {
        const { entry, unit } = of(chart);
        const fact = entry.ceiling ?? (entry.limit ? this.#charts.shown.value(entry.limit) : NaN);
        return fact > 0 ? fact : ceiling(most, ticks, unit);
      },
    }, colours);
  }

  #when() {
    const { from, to, newest } = this.#window;
    return between(from, to, newest);
  }

  /** @param {string} part */
  #name(part) {
    const host = (one(".host").textContent ?? "").replace(/[^\w.-]+/g, "-");
    const to = new Date(this.#window.to).toISOString().slice(0, 19).replaceAll(":", "");
    return ["fivewire", host, part, `${to}Z`].filter(Boolean).join("-");
  }
}

/** @param {Shown} shown */
function cores({ strip }) {
  return (strip?.series ?? []).map((name) => ({ name, title: name.split(".")[1], ink: "" }));
}

/** @param {Shown} shown */
function series({ entry, names }) {
  return entry.series.map(([, label, ink], i) => ({ name: names[i], title: say(label), ink }));
}

/** What the parts of a stack sum to, for its peaks: one or none. @param {Shown} shown */
function whole({ entry }) {
  return entry.whole ? [{ name: entry.whole, title: "", ink: entry.series[0][2] }] : [];
}

/** @param {Shown} shown @param {ReturnType<typeof import("../export/view.js").numbers>} cut with the whole behind its parts */
function split({ entry }, { at, series: list }) {
  return { at, series: list.slice(0, entry.series.length), whole: list[entry.series.length] };
}

/** @param {Element} figure */
function figureOf(figure) {
  const number = figure.querySelector(".figure-number")?.textContent ?? unknown;
  return `${figure.querySelector(".figure-name") ? " " : ""}${number} ${figure.querySelector(".figure-unit")?.textContent ?? ""}`.trimEnd();
}
