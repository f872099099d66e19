// @ts-check
// The proxy doctor: goes the way from this page to its server by each technique, and says what lies between, what it does
// to messages, and what to write where so that it does not.

import { delay, duration, unknown } from "../format.js";
import { make, reveal, said, symbol, write } from "../panel/dom.js";
import { called } from "../panel/switch.js";
import { techniques } from "../transport/transport.js";
import { caption, follow, say, term } from "../words/words.js";
import { cures, proxies as curable } from "./cures.js";
import { findings, judge, proxies } from "./diagnosis.js";
import { arrival, observe, silence } from "./probe.js";

/** @typedef {import("./diagnosis.js").Result} Result */

/** Seconds that a silent answer is waited for. */
const silences = [10, 75, 120];
/** How often a technique that seems to be held back is looked at. */
const looks = 3;
const columns = /** @type {const} */ (["technique", "verdict", "first", "age", "encoding"]);

export class Doctor {
  #lab;
  #start = make("button", "button");
  #wait = make("select", "chart-choice");
  #status = make("p", "doctor-status");
  #facts = make("dl", "doctor-facts");
  #body = make("tbody");
  #table;
  #idle = make("p", "panel-note");
  #cures = make("div", "doctor-cures");
  #choice = make("select", "chart-choice");
  #label = make("label", "doctor-choice");
  /** @type {Result[]} */
  #results = [];
  /** @type {{proxies: string[], signs: import("./diagnosis.js").Field[]} | null} */
  #between = null;
  /** @type {{silence: number, cut: boolean} | null} */
  #silence = null;
  #patience = NaN;
  #waiting = 0; // seconds, of the silence that is being looked at
  /** what is being done @type {{key: string, fill?: import("../words/words.js").Fill} | null} */
  #doing = null;
  /** @type {AbortController | null} */
  #running = null;

  /** @param {HTMLElement} root @param {import("./lab.js").Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    root.dataset.testid = "doctor";
    caption(this.#start, "doctor.start");
    this.#start.type = "button";
    this.#start.dataset.testid = "doctor-start";
    this.#start.addEventListener("click", () => this.#examine());
    for (const seconds of silences) this.#wait.add(new Option(duration(seconds), String(seconds), seconds === 75, seconds === 75));
    this.#wait.dataset.testid = "doctor-wait";
    this.#status.setAttribute("role", "status");
    this.#status.dataset.testid = "doctor-status";
    this.#idle.dataset.testid = "doctor-idle";
    this.#facts.dataset.testid = "doctor-facts";
    this.#cures.dataset.testid = "doctor-cures";
    const heads = columns.map((name) => {
      const head = make("th");
      head.scope = "col";
      caption(head, `doctor.column_${name}`);
      return head;
    });
    const table = make("table", "doctor-table", make("thead", "", make("tr", "", ...heads)), this.#body);
    table.dataset.testid = "doctor-table";
    this.#table = make("div", "table-scroll", table);
    this.#table.tabIndex = 0;
    this.#table.setAttribute("role", "region");
    caption(this.#table, "doctor.title", "data-say-label");
    this.#choice.dataset.testid = "doctor-proxy";
    for (const proxy of curable) {
      const option = new Option("", proxy);
      caption(option, `doctor.proxy_${proxy}`);
      this.#choice.add(option);
    }
    this.#choice.addEventListener("change", () => this.#prescribe());
    this.#label.append(said("span", "doctor.for"), this.#choice);
    root.append(
      said("h2", "doctor.title", "title"), said("p", "doctor.what", "panel-note"),
      make("div", "doctor-tools", this.#start, make("label", "doctor-choice", said("span", "doctor.wait"), this.#wait)),
      this.#status, this.#facts, this.#table, this.#idle, this.#label, this.#cures);
    follow(() => this.#draw());
    this.#draw();
  }

  closed() {
    this.#running?.abort();
  }

  async #examine() {
    this.#running?.abort();
    const running = (this.#running = new AbortController());
    const { signal } = running;
    this.#results = [];
    this.#between = this.#silence = null;
    const { base, config, api, slots } = this.#lab;
    // It holds one connection for each technique in turn, and one that is silent: beside it if there is room, else after it.
    const take = (/** @type {string} */ key) => slots.take(key, () => running.abort(), true);
    try {
      if (!take("doctor")) return this.#do("doctor.full");
      this.#do("doctor.arriving");
      const { heartbeat_ms: heartbeat, hold_ms: hold } = await api.config();
      this.#patience = Math.max(heartbeat, hold);
      const { arrived, answer, offset } = await arrival(base, signal);
      this.#between = proxies(arrived, answer, location.host);
      const found = this.#between.proxies.find((name) => curable.some((proxy) => proxy === name));
      if (found) this.#choice.value = found;
      // By itself and in the background: it takes as long as it takes.
      this.#waiting = Number(this.#wait.value);
      const quiet = () => silence(base, this.#waiting * 1000, signal).then((life) => {
        this.#silence = life;
        this.#draw();
      });
      const idle = take("silence") ? quiet() : null;
      idle?.catch(() => {}); // it is heard below, unless something else ends the looking first
      const time = Math.min(12_000, Math.max(3000, 5 * config.interval));
      for (const technique of techniques) {
        if (!config.techniques.includes(technique)) continue;
        this.#do("doctor.looking", { technique: called(technique) });
        const look = async () => judge(await observe(base, technique, time, config.interval, signal), config.interval, offset);
        let result = await look();
        // A buffer holds back each time, a machine that was busy for a moment does not.
        for (let i = 1; i < looks && (result.verdict === "buffered" || result.verdict === "silent"); i++) result = await look();
        this.#results.push(result);
      }
      this.#doing = null;
      this.#draw();
      if (idle) slots.give("doctor");
      await (idle ?? quiet());
    } catch (error) {
      if (running !== this.#running) return;
      this.#do(signal.aborted ? "doctor.stopped" : "doctor.failed", { why: error instanceof Error ? error.message : String(error) });
    } finally {
      if (running === this.#running) {
        this.#running = null;
        slots.give("doctor");
        slots.give("silence");
      }
      this.#draw();
    }
  }

  /** @param {string} key @param {import("../words/words.js").Fill} [fill] */
  #do(key, fill) {
    this.#doing = { key, fill };
    this.#draw();
  }

  get #found() {
    return findings(this.#results, this.#silence, this.#patience);
  }

  #draw() {
    const done = this.#results.length > 0 && !this.#doing;
    this.#start.disabled = this.#running !== null;
    write(this.#status, this.#words(done));
    this.#status.dataset.bad = String(done && this.#found.length > 0);
    reveal(this.#table, this.#results.length > 0);
    this.#body.replaceChildren(...this.#results.map((result) => row(result)));
    this.#path();
    write(this.#idle, this.#life());
    reveal(this.#idle, this.#between !== null);
    this.#prescribe();
  }

  /** @param {boolean} done */
  #words(done) {
    if (this.#doing) return say(this.#doing.key, this.#doing.fill);
    if (!done) return "";
    const found = this.#found;
    if (found.length > 0) return found.map((finding) => say(`doctor.found_${finding}`)).join(" ");
    return this.#silence ? say("doctor.well") : say("doctor.well_so_far");
  }

  /** What is between, and what shows it. */
  #path() {
    const between = this.#between;
    reveal(this.#facts, between !== null);
    if (!between) return;
    const names = between.proxies.map((name) => term("doctor.proxy", name));
    const lines = [[say("doctor.between"), names.join(", ") || say("doctor.nobody")], ...between.signs.map(({ name, value }) => [name || say("doctor.protocol"), value])];
    this.#facts.replaceChildren(...lines.map(([name, value]) => make("div", "", make("dt", "", name), make("dd", "", value))));
  }

  /** How long silence is borne. */
  #life() {
    if (!this.#silence) return say("doctor.idle_waiting", { time: duration(this.#waiting) });
    const fill = { time: delay(this.#silence.silence / 1000), patience: duration(this.#patience / 1000) };
    if (!this.#silence.cut) return say("doctor.idle_lives", fill);
    return this.#silence.silence < this.#patience ? say("doctor.idle_cut", fill) : say("doctor.idle_harmless", fill);
  }

  #prescribe() {
    const found = this.#results.length > 0 && !this.#doing ? this.#found : [];
    reveal(this.#label, found.length > 0);
    const proxy = curable.find((name) => name === this.#choice.value) ?? curable[0];
    this.#cures.replaceChildren(...cures(proxy, found).flatMap(({ where, lines, remove }) => {
      const code = make("pre", "doctor-lines", lines.join("\n") + "\n");
      code.dataset.where = where;
      code.dataset.remove = String(remove);
      code.tabIndex = 0;
      const title = say(`doctor.where_${where}`);
      return [make("h3", "chart-title", remove ? say("doctor.remove", { where: title }) : say("doctor.add", { where: title })), code];
    }));
  }
}

/** @param {Result} result */
function row({ technique, verdict, first, age, encoding, status }) {
  const name = make("th", "", make("span", "badge", symbol(`glyph-${technique}`), called(technique)));
  name.scope = "row";
  const word = make("td", "doctor-verdict", say(`doctor.verdict_${verdict}`, { status: status ? `HTTP ${status}` : say("doctor.no_status") }));
  word.dataset.verdict = verdict;
  const time = (/** @type {number} */ ms) => (Number.isNaN(ms) ? unknown : delay(Math.max(0, ms) / 1000));
  // A poll asks when it likes: how old its messages are is its own doing.
  const line = make("tr", "", name, word, make("td", "number", time(first)), make("td", "number", technique === "polling" ? unknown : time(age)),
    make("td", "", encoding || say("doctor.as_it_is")));
  line.dataset.technique = technique;
  return line;
}
