// @ts-check
// The crowd: so many viewers on a technique, in a process of their own on the server's machine, and what they cost the
// server: measured there, without them and with them, and set side by side by technique.

import { Refused } from "../api.js";
import { bytes, count, delay, rate, three } from "../format.js";
import { attribute, make, property, reveal, said, symbol, write } from "../panel/dom.js";
import { called } from "../panel/switch.js";
import { techniques } from "../transport/transport.js";
import { caption, follow, say, term } from "../words/words.js";
import { perColumns, perThousand, Runs, runOf } from "./runs.js";
import { Techniques } from "./techniques.js";

/** @typedef {import("./runs.js").Run} Run */

const stays = ["30s", "1m", "5m"];

export class Crowd {
  #lab;
  #runs = new Runs();
  #form = make("form", "crowd-form");
  #viewers = make("input");
  #stay = make("select", "chart-choice");
  #start = make("button", "button");
  #stop = make("button", "toggle");
  #status = make("p", "crowd-status");
  #figures = make("dl", "crowd-figures");
  #body = make("tbody");
  #table;
  #empty = make("p", "nothing");
  /** @type {Map<string, HTMLElement>} */
  #values = new Map();
  /** the server's last word; null before the first @type {any} */
  #state = null;
  #refused = "";
  /** whether this page may start one; where nobody knows, it may */
  #may = true;
  #looks = make("p", "panel-note");
  #asking = false;

  /** @param {HTMLElement} root @param {import("./lab.js").Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    root.dataset.testid = "crowd";
    this.#table = this.#makeTable();
    this.#makeForm();
    this.#status.setAttribute("role", "status");
    this.#status.dataset.testid = "crowd-status";
    for (const name of ["connected", "messages", "missed", "age", "cpu", "memory", "goroutines", "descriptors", "sent", "client"]) {
      const [term, value] = [make("dt"), make("dd")];
      caption(term, `crowd.figure_${name}`);
      caption(term, `crowd.figure_${name}_help`, "data-say-title");
      value.dataset.testid = `crowd-${name}`;
      this.#values.set(name, value);
      this.#figures.append(make("div", "", term, value));
    }
    root.append(said("h2", "crowd.title", "title"), said("p", "crowd.what", "panel-note"), this.#looks, this.#form, this.#status, this.#figures,
      said("h3", "crowd.compare", "chart-title"), this.#table, this.#empty, said("p", "crowd.provenance", "provenance"));
    caption(this.#empty, "crowd.none");
    caption(this.#looks, "crowd.looks");
    follow(() => this.#draw());
    this.#draw();
  }

  opened() {
    if (this.#lab.config.shut) return;
    this.#ask();
    // Who only looks is offered nothing that would be refused.
    this.#lab.api.login().then(({ role }) => {
      this.#may = role !== "viewer";
      this.#draw();
    }, () => {});
  }

  /** @param {number} _now */
  show(_now) {
    if (this.#state?.running) this.#ask();
  }

  #makeForm() {
    const choice = new Techniques("crowd", "crowd.technique", this.#lab.config.techniques, "sse");
    Object.assign(this.#viewers, { type: "number", min: "10", max: "5000", step: "10", value: "1000", required: true });
    this.#viewers.dataset.testid = "crowd-viewers";
    for (const stay of stays) {
      const option = new Option("", stay, stay === "1m", stay === "1m");
      caption(option, `crowd.stay_${stay}`);
      this.#stay.add(option);
    }
    this.#stay.dataset.testid = "crowd-stay";
    this.#start.type = "submit";
    this.#start.dataset.testid = "crowd-start";
    caption(this.#start, "crowd.start");
    this.#stop.type = "button";
    this.#stop.dataset.testid = "crowd-stop";
    caption(this.#stop, "crowd.stop");
    this.#form.append(choice.element, make("label", "crowd-field", said("span", "crowd.viewers"), this.#viewers),
      make("label", "crowd-field", said("span", "crowd.stay"), this.#stay), this.#start, this.#stop);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#do(() => this.#lab.api.post("load", { technique: choice.value, viewers: this.#viewers.valueAsNumber, duration: this.#stay.value }));
    });
    this.#stop.addEventListener("click", () => this.#do(() => this.#lab.api.remove("load")));
  }

  #makeTable() {
    const row = make("tr", "", said("th", "crowd.technique"), said("th", "crowd.viewers", "number"));
    for (const [name] of perColumns) {
      const head = said("th", `crowd.per_${name}`, "number");
      caption(head, `crowd.per_${name}_help`, "data-say-title");
      row.append(head);
    }
    row.append(said("th", "crowd.figure_age", "number"), said("th", "crowd.figure_missed", "number"));
    for (const head of row.children) attribute(head, "scope", "col");
    const table = make("table", "crowd-table", make("thead", "", row), this.#body);
    table.dataset.testid = "crowd-table";
    const box = make("div", "scroll", table);
    box.tabIndex = 0; // what is wider than a phone is reached by keys too
    attribute(box, "role", "region");
    caption(box, "crowd.compare", "data-say-label");
    return box;
  }

  /** @param {() => Promise<any>} what */
  async #do(what) {
    this.#start.disabled = this.#stop.disabled = true;
    await this.#take(what);
  }

  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    await this.#take(() => this.#lab.api.get("load"));
    this.#asking = false;
  }

  /** @param {() => Promise<any>} question */
  async #take(question) {
    try {
      this.#state = await question();
      this.#refused = "";
      const run = runOf(this.#state);
      if (run) this.#runs.put(run);
    } catch (error) {
      this.#refused = error instanceof Error ? error.message : String(error);
      if (error instanceof Refused && error.status === 404) this.#state = null;
    }
    this.#draw();
  }

  #draw() {
    const s = this.#state;
    const running = s?.running === true;
    this.#start.disabled = running || !s || !this.#may;
    this.#stop.disabled = !running || !this.#may;
    reveal(this.#looks, !this.#may);
    if (s) this.#viewers.max = String(s.most);
    write(this.#status, this.#words());
    attribute(this.#status, "data-bad", String(this.#refused !== "" || s?.reason === "failed"));
    reveal(this.#figures, Boolean(s?.technique));
    if (s?.technique) this.#show(s);
    this.#compare();
  }

  /** How it is, in a sentence. */
  #words() {
    const s = this.#state;
    if (this.#refused) return say("crowd.refused", { why: this.#refused });
    if (!s) return this.#lab.config.shut && say(this.#lab.config.shut);
    if (!s.running && s.phase === "none") return say("crowd.bounds", { n: s.most, by: term("crowd.by", s.most_by) });
    const fill = { technique: called(s.technique), n: s.viewers };
    if (s.reason === "failed") return say("crowd.failed", { why: s.error });
    return say(`crowd.phase_${s.running ? s.phase : s.reason}`, fill);
  }

  /** @param {any} s */
  #show(s) {
    const { before, now, with: whole } = s.server;
    const after = s.running ? now : whole; // what is gone is compared as it was
    const pair = (/** @type {string} */ name, /** @type {(v: number) => string} */ text) =>
      say("crowd.pair", { before: before && before[name] !== null ? text(before[name]) : "—", now: after && after[name] !== null ? text(after[name]) : "—" });
    const texts = {
      connected: say("crowd.of", { n: s.connected, all: s.viewers }),
      messages: count(s.messages), missed: count(s.missed),
      age: s.age_ms ? `${delay(s.age_ms.p50 / 1000)} · ${delay(s.age_ms.p99 / 1000)}` : "—",
      cpu: pair("cpu_ms_per_s", (v) => `${three(v)} ms/s`), memory: pair("memory", bytes), goroutines: pair("goroutines", count),
      descriptors: pair("descriptors", count), sent: pair("bytes_per_s", rate),
      client: `${three(s.client.cpu_ms / 1000)} s · ${bytes(s.client.memory)}`,
    };
    for (const [name, text] of Object.entries(texts)) {
      const value = this.#values.get(name);
      if (value) write(value, text);
    }
  }

  /** The bars: in each column the longest is the dearest. */
  #compare() {
    const order = (/** @type {Run} */ run) => techniques.findIndex((technique) => technique === run.technique);
    const runs = this.#runs.list.toSorted((a, b) => order(a) - order(b) || a.viewers - b.viewers || a.began - b.began);
    reveal(this.#table, runs.length > 0);
    reveal(this.#empty, runs.length === 0);
    const most = perColumns.map(([name]) => Math.max(0, ...runs.map((run) => perThousand(run, name) ?? 0)));
    this.#body.replaceChildren(...runs.map((run) => {
      const name = make("th", "", make("span", "badge", symbol(`glyph-${run.technique}`), called(run.technique)));
      attribute(name, "scope", "row");
      const row = make("tr", "", name, make("td", "number", count(run.connected)));
      row.dataset.technique = run.technique;
      for (const [i, [column, text]] of perColumns.entries()) {
        const value = perThousand(run, column);
        const cell = make("td", "number crowd-bar", value === null ? "—" : text(value));
        property(cell, "ratio", most[i] > 0 ? Math.max(0, value ?? 0) / most[i] : 0);
        row.append(cell);
      }
      row.append(make("td", "number", run.age ? `${delay(run.age.p50 / 1000)} · ${delay(run.age.p99 / 1000)}` : "—"), make("td", "number", count(run.missed)));
      return row;
    }));
  }
}
