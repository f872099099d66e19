// @ts-check
// Faults: what is broken on purpose, for whom, and how each lane comes through it. The server's middlebox does the
// breaking, on real connections; this panel asks for it and measures.

import { Refused } from "../api.js";
import { attribute, make, reveal, said, write } from "../panel/dom.js";
import { called } from "../panel/switch.js";
import { Repeat } from "../repeat.js";
import { caption, follow, say } from "../words/words.js";
import { concerns } from "./conditions.js";
import { columns, FaultRow } from "./faultrow.js";
import { InForce, valued } from "./inforce.js";
import { named } from "./kinds.js";
import { Loop } from "./loop.js";
import { faults, lifetimes, presets } from "./presets.js";
import { Recovery, usual } from "./recovery.js";
import { thin } from "./thin.js";

/** @typedef {import("./lane.js").Lane} Lane */
/** @typedef {import("./presets.js").Fault} Fault */
/** @typedef {{viewer?: string, technique?: string}} Scope */

/** A screen on which the presets and their stories are a long way, one below the other: they are folded there. */
const narrow = "(max-width: 48rem)";
/** What is usual is judged by so many milliseconds before. */
const before = 10_000;
/** What breaks so soon after this page's word, milliseconds, breaks by it. */
const soon = 5_000;
/** Milliseconds after which it is said no longer that a wish was refused. */
const refusal = 10_000;
/** Milliseconds between two questions about what others break. */
const pause = 3_000;

export class Faults {
  #lab;
  #loop;
  #who = make("select", "chart-choice");
  #life = make("select", "chart-choice");
  /** @type {Map<string, HTMLSelectElement>} */
  #values = new Map();
  #status = make("p", "faults-status");
  #list;
  /** what asks for something to be broken or mended */
  #form;
  #looks = said("p", "faults.looks", "panel-note");
  #body = make("tbody");
  /** @type {Map<string, Recovery>} by lane's key */
  #recoveries = new Map();
  /** @type {FaultRow[]} */
  #rows = [];
  /** the server's last word @type {{faults: import("./inforce.js").Entry[], over?: import("./inforce.js").Entry[], inside: Record<string, import("./faultrow.js").Inside>} | null} */
  #state = null;
  /** why the last wish was not granted, and why there was no answer to what is in force */
  #refused = "";
  #unheard = "";
  /** @type {number | undefined} */
  #forgets;
  #asking = false;
  /** whether a lane held or was after a connection when it was asked last */
  #counted = false;
  /**
   * As long as the lab is on screen, though this panel may not be: what is in force concerns what the lanes count. They go on
   * counting while the page is hidden, until they let go; what was broken meanwhile is asked for once more after that, for
   * when the page is shown again the server may tell of it no longer.
   */
  #questions = new Repeat(pause, async () => {
    const counts = this.#lab.lanes.some(({ viewer }) => viewer.state !== "paused");
    const asks = !document.hidden || counts || this.#counted;
    this.#counted = counts;
    if (asks) await this.#ask();
  });

  /** @param {HTMLElement} root @param {import("./lab.js").Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    this.#loop = new Loop(lab);
    root.dataset.testid = "faults";
    this.#status.setAttribute("role", "status");
    this.#status.dataset.testid = "faults-status";
    this.#list = new InForce(lab, (scope) => this.#do({ ...scope, fault: null }));
    this.#form = this.#make();
    this.#looks.hidden = true;
    this.#looks.dataset.testid = "faults-looks";
    root.append(said("h2", "faults.title", "title"), said("p", "faults.what", "panel-note"), this.#status, this.#list.element,
      said("h3", "faults.measured", "chart-title"), this.#table(), said("p", "faults.provenance", "provenance"), this.#looks, this.#form);
    lab.on("message", ({ lane, message }) => {
      this.#recoveries.get(lane.key)?.message(message.received, lab.clock.server(message.received) - message.at);
    });
    lab.on("exchange", ({ lane, exchange: { at, dir, kind } }) => {
      if (kind === "end" || kind === "error") this.#broke(lane, at);
      else if (dir === "down" && kind !== "reply") this.#recoveries.get(lane.key)?.up(at);
    });
    lab.on("figures", ({ lane, figures }) => this.#recoveries.get(lane.key)?.counted(figures.connections));
    lab.on("lanes", () => this.#draw());
    lab.on("reset", ({ lane }) => {
      this.#recoveries.delete(lane.key);
      if (this.#state?.faults.length) this.#ask(); // what is broken still concerns what it counts from now on
    });
    follow(() => this.#draw());
    this.#draw();
  }

  opened() {
    this.#loop.start();
    this.#questions.want(true);
    // Who only looks is offered nothing that would be refused; where nobody knows, everything.
    this.#lab.api.login().then(({ role }) => this.#may(role !== "viewer"), () => {});
  }

  closed() {
    this.#loop.stop();
    this.#questions.want(false);
    this.#recoveries.clear();
  }

  /** @param {number} now */
  show(now) {
    for (const lane of this.#lab.lanes) this.#recoveries.get(lane.key)?.look(now, lane.staleness(now));
    if (this.#state?.faults.length || this.#recoveries.size > 0) this.#ask();
    else this.#draw();
  }

  /** @param {boolean} may break and mend */
  #may(may) {
    this.#list.mends = may;
    reveal(this.#looks, !may);
    for (const control of this.#form.elements) if (control instanceof HTMLButtonElement || control instanceof HTMLSelectElement) control.disabled = !may;
  }

  #make() {
    const form = make("form", "faults-form");
    this.#who.dataset.testid = "faults-who";
    this.#life.dataset.testid = "faults-life";
    for (const life of lifetimes) {
      const option = new Option("", life, life === "5m", life === "5m");
      caption(option, `faults.life_${life}`);
      this.#life.add(option);
    }
    const ready = make("div", "faults-presets");
    for (const { name, fault, lifetime } of presets) {
      const button = said("button", `faults.preset_${name}`, "toggle");
      button.type = "button";
      button.dataset.testid = `faults-${name}`;
      button.addEventListener("click", () => (fault ? this.#break(fault, lifetime) : this.#restart()));
      const story = said("span", `faults.preset_${name}_help`, "faults-story");
      story.id = `faults-story-${name}`;
      attribute(button, "aria-describedby", story.id);
      ready.append(make("div", "faults-preset", button, story));
    }
    const folded = make("details", "faults-own", said("summary", "faults.presets"), ready);
    folded.open = !matchMedia(narrow).matches;
    folded.dataset.testid = "faults-presets";
    const own = make("details", "faults-own", said("summary", "faults.own"));
    own.dataset.testid = "faults-own";
    const grid = make("div", "faults-values");
    for (const { name, values } of faults) {
      const select = make("select", "chart-choice");
      select.dataset.testid = `faults-value-${name}`;
      select.add(new Option("—", ""));
      for (const value of values) select.add(new Option(valued(name, value), JSON.stringify(value)));
      this.#values.set(name, select);
      grid.append(labelled(`faults.name_${name}`, select));
    }
    const apply = said("button", "faults.apply", "button");
    apply.type = "submit";
    apply.dataset.testid = "faults-apply";
    const clear = said("button", "faults.clear", "toggle");
    clear.type = "button";
    clear.dataset.testid = "faults-clear";
    clear.addEventListener("click", () => this.#do({ clear: true }));
    own.append(grid, apply);
    form.append(make("div", "faults-row", labelled("faults.who", this.#who), labelled("faults.life", this.#life), clear), folded, own);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      /** @type {Fault} */
      const fault = {};
      for (const [name, select] of this.#values) if (select.value) fault[name] = JSON.parse(select.value);
      this.#break(fault);
    });
    return form;
  }

  #table() {
    const row = make("tr", "", said("th", "faults.lane"));
    for (const name of columns) {
      const head = said("th", `faults.column_${name}`, "number");
      caption(head, `faults.column_${name}_help`, "data-say-title");
      row.append(head);
    }
    for (const head of row.children) attribute(head, "scope", "col");
    const box = make("div", "scroll", make("table", "faults-table", make("thead", "", row), this.#body));
    box.tabIndex = 0;
    attribute(box, "role", "region");
    caption(box, "faults.measured", "data-say-label");
    return box;
  }

  /** Whom the choice means. @returns {{scope: Scope, lane: Lane | null, lanes: Lane[]}} */
  #chosen() {
    const [kind, key] = split(this.#who.value);
    const lane = kind === "lane" ? (this.#lab.lane(key) ?? null) : null;
    if (lane) return { scope: { viewer: lane.viewer.id }, lane, lanes: [lane] };
    if (kind === "technique") return { scope: { technique: key }, lane: null, lanes: this.#lab.lanes.filter(({ technique }) => technique === key) };
    return { scope: {}, lane: null, lanes: this.#lab.lanes };
  }

  /** @param {Fault} fault @param {string} [lifetime] */
  #break(fault, lifetime = this.#life.value) {
    const { scope, lane, lanes } = this.#chosen();
    return this.#watch(lane, lanes, fault, { ...scope, fault, lifetime });
  }

  #restart() {
    return this.#watch(null, this.#lab.lanes, { restart: true }, { restart: true });
  }

  /**
   * Asks for it, and from then on it is measured how they come through; what was measured before stays if it is refused.
   * @param {Lane | null} one @param {Lane[]} lanes @param {Fault} fault @param {object} body
   */
  async #watch(one, lanes, fault, body) {
    const at = performance.now();
    const running = lanes.filter((lane) => lane.running);
    const kept = new Map(this.#recoveries);
    for (const lane of running) this.#begin(lane, at, true, fault.cut !== undefined);
    if (await this.#post(body)) {
      for (const lane of running) lane.provoke(at);
      this.#lab.tell("fault", { lane: one, fault, at });
    } else this.#recoveries = kept;
    await this.#ask();
  }

  /** A lane's connection ended or failed: by what this page broke, or by something else, which is measured as well. @param {Lane} lane @param {number} at */
  #broke(lane, at) {
    const there = this.#recoveries.get(lane.key);
    const known = there && (!there.own || there.on || at - there.at < soon || !Number.isNaN(there.down));
    if (known) there.broke(at);
    else if (lane.newest) this.#begin(lane, at, false).broke(at);
  }

  /** @param {Lane} lane @param {number} at @param {boolean} own this page's doing @param {boolean} [cuts] */
  #begin(lane, at, own, cuts = false) {
    const { clock, config } = this.#lab;
    const { deliveries, counts, figures, newest, viewer, technique } = lane;
    const there = this.#recoveries.get(lane.key);
    // What came under a fault is not what is usual. When polling asks and when the source speaks drift apart and together.
    const as = there && (there.on || at - there.until < before) ? there.usual : usual(deliveries, at - before, clock.offset, technique === "polling" ? viewer.interval : 0);
    const recovery = new Recovery(at, counts, as, config.interval, { own, last: newest?.received, connections: cuts ? figures?.connections : NaN });
    this.#recoveries.set(lane.key, recovery);
    return recovery;
  }

  /** @param {object} body */
  async #do(body) {
    await this.#post(body);
    await this.#ask();
  }

  /** @param {object} body @returns {Promise<boolean>} whether it was done */
  async #post(body) {
    try {
      const answer = await this.#lab.api.post("faults", body);
      if (answer) this.#heard({ ...answer, inside: { ...this.#state?.inside, ...answer.inside } });
      this.#refused = "";
      return true;
    } catch (error) {
      this.#refuse(reason(error));
      return false;
    }
  }

  /** Says so for a while: what is in force has to be read there again. @param {string} why */
  #refuse(why) {
    this.#refused = why;
    clearTimeout(this.#forgets);
    this.#forgets = setTimeout(() => {
      this.#refused = "";
      this.#draw();
    }, refusal);
  }

  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.#heard(await this.#lab.api.get("faults", { viewer: this.#lab.lanes.map(({ viewer }) => viewer.id).join() }));
      this.#unheard = "";
    } catch (error) {
      this.#unheard = reason(error);
      if (error instanceof Refused && [404, 409].includes(error.status)) this.#questions.want(false); // there is nothing to break here, and will not be
    }
    this.#asking = false;
    this.#draw();
  }

  /** The server said what is broken. @param {any} state */
  #heard(state) {
    this.#state = state;
    for (const lane of this.#lab.lanes) {
      const recovery = this.#recoveries.get(lane.key);
      const there = state.faults.some((/** @type {import("./inforce.js").Entry} */ entry) => concerns(entry, lane));
      const was = (state.over ?? []).some((/** @type {import("./inforce.js").Entry} */ entry) => concerns(entry, lane) && entry.until > this.#lab.clock.server(lane.began));
      if (there || was) lane.broken = true;
      if (recovery?.own) recovery.inForce(there, performance.now());
    }
    this.#lab.tell("faults", state);
  }

  #draw() {
    this.#choices();
    const why = this.#refused || this.#unheard;
    attribute(this.#status, "data-bad", String(why !== ""));
    const there = this.#state?.faults ?? [];
    write(this.#status, why ? say("faults.refused", { why }) : say(there.length > 0 ? "faults.some" : "faults.none"));
    this.#list.show(there);
    this.#show();
  }

  /** The table: a row for each lane there is. */
  #show() {
    const { lanes } = this.#lab;
    const now = performance.now();
    if (lanes.length !== this.#rows.length || lanes.some((lane, i) => this.#rows[i].lane !== lane)) {
      this.#rows = lanes.map((lane) => this.#rows.find((row) => row.lane === lane) ?? new FaultRow(lane, (only) => this.#conflate(lane, only)));
      this.#body.replaceChildren(...this.#rows.map(({ element }) => element));
    }
    for (const row of this.#rows) {
      const { key, viewer } = row.lane;
      row.show(now, this.#recoveries.get(key), this.#loop.ages.get(key) ?? NaN, this.#state?.inside[viewer.id]);
    }
  }

  /** Of messages that wait, the newest alone, or all of them. @param {Lane} lane @param {boolean} only */
  async #conflate({ viewer }, only) {
    try {
      await thin(this.#lab.api, viewer, { conflate: only });
      this.#refused = "";
    } catch (error) {
      this.#refuse(reason(error));
    }
    this.#draw();
  }

  /** Whom there is to choose; the choice stays. */
  #choices() {
    const options = [["everybody", say("faults.everybody")], ...this.#lab.config.techniques.map((t) => [`technique:${t}`, say("faults.technique", { technique: called(t) })]),
      ...this.#lab.lanes.map((lane) => [`lane:${lane.key}`, say("faults.one", { name: named(lane) })])];
    if (options.length === this.#who.length && options.every(([value, text], i) => this.#who.options[i].value === value && this.#who.options[i].text === text)) return;
    const chosen = this.#who.value;
    this.#who.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    this.#who.value = options.some(([value]) => value === chosen) ? chosen : "everybody";
  }

}

/** @param {unknown} error */
function reason(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string} text */
function split(text) {
  const i = text.indexOf(":");
  return i < 0 ? [text, ""] : [text.slice(0, i), text.slice(i + 1)];
}

/** @param {string} key @param {HTMLElement} control */
function labelled(key, control) {
  return make("label", "faults-field", said("span", key), control);
}
