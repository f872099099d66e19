// @ts-check
// The report: what the cost table and the crowd have shown, under which conditions, to take along.

import { asked } from "../config.js";
import { clock, count, delay, duration, unknown } from "../format.js";
import { make, write } from "../panel/dom.js";
import { called } from "../panel/switch.js";
import { byteLength } from "../transport/transport.js";
import { caption, follow, say, term } from "../words/words.js";
import { columns, compare, shown } from "./cost.js";
import { Costs } from "./costs.js";
import { named } from "./kinds.js";
import { csv, json, markdown } from "./reporting.js";
import { perColumns, perThousand, Runs } from "./runs.js";

/** @typedef {import("./reporting.js").Report} Report_ */
/** @typedef {import("./reporting.js").Table} Table */

/** @type {Record<string, {write: (report: Report_) => string, ending: string, type: string}>} */
const forms = {
  markdown: { write: markdown, ending: "md", type: "text/markdown" },
  csv: { write: csv, ending: "csv", type: "text/csv" },
  json: { write: json, ending: "json", type: "application/json" },
};

export class Report {
  #lab;
  #form = make("select", "chart-choice");
  #preview = make("pre", "report-preview");
  #status = make("span", "panel-note");
  /** @type {Report_ | null} */
  #report = null;

  /** @param {HTMLElement} root @param {import("./lab.js").Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    root.dataset.testid = "report";
    const [title, what, label] = [make("h2", "title"), make("p", "panel-note"), make("span", "hidden")];
    caption(title, "report.title");
    caption(what, "report.what");
    caption(label, "report.which");
    for (const name of Object.keys(forms)) this.#form.add(new Option(term("report.form", name), name));
    this.#form.dataset.testid = "report-form";
    this.#form.addEventListener("change", () => this.#show());
    this.#preview.tabIndex = 0;
    this.#preview.setAttribute("role", "region");
    caption(this.#preview, "report.title", "data-say-label");
    this.#preview.dataset.testid = "report-text";
    this.#status.setAttribute("role", "status");
    this.#status.dataset.testid = "report-status";
    root.append(title, what, make("div", "report-tools",
      button("report.make", "report-make", "button", () => this.#make()), make("label", "", label, this.#form),
      button("report.download", "report-download", "toggle", () => this.#download()),
      button("report.copy", "report-copy", "toggle", () => this.#copy()), this.#status), this.#preview);
    follow(() => {
      for (const option of this.#form.options) option.text = term("report.form", option.value);
      this.#show();
    });
    this.#show();
  }

  async #make() {
    const { api } = this.#lab;
    // What cannot be fetched is not in it; what was measured is here already.
    const [host, faults] = await Promise.all([api.host().catch(() => null), this.#lab.panel("faults") ? api.get("faults").catch(() => null) : null]);
    this.#report = this.#gather(host, faults);
    this.#show();
    caption(this.#status, "report.made");
  }

  #show() {
    const text = this.#text;
    write(this.#preview, text || say("report.none"));
    for (const button of this.#preview.parentElement?.querySelectorAll(".report-tools .toggle") ?? []) {
      if (button instanceof HTMLButtonElement) button.disabled = text === "";
    }
  }

  get #text() {
    return this.#report ? forms[this.#form.value].write(this.#report) : "";
  }

  #download() {
    const { ending, type } = forms[this.#form.value];
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([this.#text], { type }));
    link.download = `fivewire.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#text);
      caption(this.#status, "report.copied");
    } catch { // only secure origins have it; the reader's own hands work everywhere
      getSelection()?.selectAllChildren(this.#preview);
      this.#preview.focus();
      caption(this.#status, "report.selected");
    }
  }

  /**
   * @param {any} host
   * @param {any} faults
   * @returns {Report_}
   */
  #gather(host, faults) {
    const { lanes, clock, config } = this.#lab;
    const newest = lanes.map((lane) => lane.newest).find(Boolean);
    const size = newest ? byteLength(JSON.stringify({ id: newest.id, at: newest.at, data: newest.data })) : NaN;
    const machine = host ? [host.hostname, host.platform, host.kernel, host.arch, `${host.cpus} × ${host.cpu_model}`].filter(Boolean).join(" ") : unknown;
    const broken = faults === null ? say("report.unknown_faults") : (faults.faults ?? []);
    /** @type {[string, string | number | object[]][]} */
    const conditions = [
      ["made", new Date().toISOString()], ["version", config.version], ["machine", machine],
      ["address", location.host + location.pathname], ["browser", navigator.userAgent], ["interval_ms", config.interval],
      ["message_bytes", Number.isNaN(size) ? unknown : size],
      ["compress", asked("compress") || "auto"],
      ["clock_error_ms", Number.isNaN(clock.error) ? unknown : Math.round(clock.error * 1000) / 1000], ["faults", broken],
    ];
    return {
      title: say("report.heading"),
      conditions: conditions.map(([id, value]) => ({ id, title: say(`report.condition_${id}`), value })),
      tables: [...this.#costs(), ...this.#crowds()],
      ages: lanes.map((lane) => { // those that the cost table has median and p99 of
        const kept = lane.ages.list(clock.offset);
        return { lane: lane.key, at: kept.map(({ at }) => at), age_ms: kept.map(({ age }) => Math.round(age * 1000) / 1000) };
      }).filter(({ at }) => at.length > 0),
    };
  }

  /** The cost table's runs, as it has them. @returns {Table[]} */
  #costs() {
    const panel = this.#lab.panel("costs");
    if (!(panel instanceof Costs)) return [];
    const all = panel.runs.flatMap(({ lines }) => lines);
    const there = columns.filter((column) => shown(column, all));
    const heads = [{ id: "lane", title: say("costs.lane") }, ...there.map(({ id, label }) => ({ id, title: say(label) })),
      { id: "seconds", title: say("report.seconds") }, { id: "apart", title: say("report.apart") }];
    /** How long each line has counted, and why it is not compared, as the table says it. @param {import("./costs.js").Line[]} lines */
    const apart = (lines) => {
      const { usual, why } = compare(lines);
      return lines.map(({ seconds }, i) => [
        { value: seconds, text: duration(seconds) }, why[i] && say(`costs.apart_${why[i]}`, { seconds: count(seconds), others: count(usual) }),
      ]);
    };
    return panel.runs.map(({ at, seconds, lines }, i, all) => ({
      id: i === all.length - 1 ? "costs" : `costs_pinned_${i + 1}`,
      title: say("report.run", { time: clock(at), seconds: duration(seconds) }),
      columns: heads,
      run: { at: new Date(at).toISOString(), seconds },
      rows: lines.map((line, i) => [named(line), ...there.map(({ id, write }) => ({ value: line.values[id], text: write(line.values[id], line.values) })), ...apart(lines)[i]]),
    }));
  }

  /** @returns {Table[]} */
  #crowds() {
    const { list } = new Runs();
    if (list.length === 0) return [];
    const number = (/** @type {number | null | undefined} */ value, /** @type {(v: number) => string} */ text) => ({ value: value ?? NaN, text: value === null || value === undefined ? unknown : text(value) });
    return [{
      id: "crowds",
      title: say("crowd.compare"),
      columns: [
        { id: "technique", title: say("crowd.technique") }, { id: "viewers", title: say("crowd.viewers") }, { id: "seconds", title: say("report.seconds") },
        ...perColumns.map(([id]) => ({ id, title: say(`crowd.per_${id}`) })),
        { id: "age_p50_ms", title: say("costs.median") }, { id: "age_p99_ms", title: say("costs.p99") }, { id: "missed", title: say("crowd.figure_missed") },
      ],
      rows: list.map((run) => [
        called(run.technique), number(run.connected, String), number(run.seconds, (v) => duration(v)),
        ...perColumns.map(([id, text]) => number(perThousand(run, id), text)),
        number(run.age?.p50, (v) => delay(v / 1000)), number(run.age?.p99, (v) => delay(v / 1000)), number(run.missed, String),
      ]),
    }];
  }
}

/** @param {string} key @param {string} testid @param {string} look @param {() => void} press */
function button(key, testid, look, press) {
  const element = make("button", look);
  caption(element, key);
  element.type = "button";
  element.dataset.testid = testid;
  element.addEventListener("click", press);
  return element;
}
