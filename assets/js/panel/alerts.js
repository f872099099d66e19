// @ts-check
// What somebody should be woken for: what fires, since when, with a button that silences it; and folded, how each rule
// stands and what fired. A rule's words are in words/*/alerts.js by its name; of one without, the server's words stand.

import { bytes, duration, moment, percent, rate, unknown } from "../format.js";
import { caption, say, term } from "../words/words.js";
import { attribute, field, make, one, reveal, write } from "./dom.js";

/** @typedef {{state: "pending" | "firing", subject?: string, text: string, value: number, beyond: number, ending?: boolean, since: number, silenced_until?: number}} Alert */
/** @typedef {{rule: string, state: "off" | "unknown" | "ok" | "pending" | "firing", value: number | null, subject?: string, threshold: number, unit: string, silenced_until?: number, alerts?: Alert[]}} Rule */
/** @typedef {{rule: string, subject?: string, text: string, value: number, began: number, ended?: number}} Fired */
/** @typedef {{rules: Rule[], fired: Fired[], told: boolean, receiver?: {host: string, sent: number, error?: string, waiting: number, dropped: number}}} State */
/** @typedef {import("../api.js").API} API */

/** For how long something can be silenced, as the server reads it, and its words. */
const silences = [
  { length: "1h", label: "alerts.for_hour" },
  { length: "8h", label: "alerts.for_night" },
  { length: "168h", label: "alerts.for_week" },
];
/** How many of those that fired are listed. */
const most = 20;

export class Alerts {
  #api;
  #count;
  #may;
  #root = one("#alerts");
  #firing = one("#alerts-firing");
  #word = field("alerts-word");
  #rules = one("#alerts-rules");
  #fired = one("#alerts-fired");
  #told = field("alerts-told");
  #error = field("alerts-error");
  #announcer = one("#alerts-announcer");
  /** @type {State | null} */
  #state = null;
  /** what was shown, so that nothing is made anew that is the same: a button would lose the keyboard */
  #shown = "";
  #asking = false;
  #again = false;
  /** the server's time of the last reading */
  #now = 0;
  /** the moment shown, NaN: now */
  #then = NaN;

  /**
   * @param {API} api
   * @param {(n: number) => void} count is told how many fire that nobody has silenced
   * @param {() => boolean} may silence: whether there are buttons for it
   */
  constructor(api, count, may) {
    this.#api = api;
    this.#count = count;
    this.#may = may;
  }

  /** Ask how it stands. @param {number} now server's time, Unix milliseconds */
  async refresh(now) {
    this.#now = now;
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    try {
      this.#take(await this.#api.get("alerts"));
    } catch { // the next one will tell
    }
    this.#asking = false;
    if (this.#again) {
      this.#again = false;
      this.refresh(now);
    }
  }

  /** What fired at a moment that has passed, as far as it is known. @param {number} at NaN: what fires now */
  then(at) {
    this.#then = at;
    this.reword();
  }

  /** In the words of another language. */
  reword() {
    this.#shown = "";
    write(this.#announcer, ""); // it tells of changes, and this is none
    if (this.#state) this.#take(this.#state);
  }

  /** @param {State} state */
  #take(state) {
    this.#state = state;
    const firing = firingOf(state);
    const loud = firing.filter(({ alert }) => !alert.silenced_until).length;
    this.#count(loud);
    const then = Number.isNaN(this.#then) ? null : firedAt(state.fired, this.#then);
    const n = (then ?? firing).length;
    attribute(this.#root, "data-firing", String(n > 0));
    write(this.#word, then ? say(n === 0 ? "alerts.none_then" : "alerts.fired_then", { n }) : n === 0 ? say("alerts.none") : say("alerts.firing", { n }));
    write(this.#told, told(state));
    const next = JSON.stringify([this.#may(), state.rules.map((r) => [r.state, r.silenced_until, r.alerts?.map((a) => [a.state, a.subject, a.silenced_until])]), state.fired.length, state.fired[0]?.ended]);
    if (next === this.#shown) return this.#figures(state, firing);
    if (this.#shown !== "") write(this.#announcer, firing.length === 0 ? say("alerts.none") : firing.map(({ rule, alert }) => standing(rule, alert)).join(say("host.semicolon")));
    this.#shown = next;
    this.#firing.replaceChildren(...then ? then.map((f) => this.#rowThen(f, state)) : firing.map(({ rule, alert }) => this.#row(rule, alert)));
    this.#rules.replaceChildren(...state.rules.map((rule) => this.#ruleRow(rule)));
    this.#fired.replaceChildren(...state.fired.slice(0, most).map((f) => this.#firedRow(f, state)));
    if (state.fired.length === 0) this.#fired.append(make("li", "aside", say("alerts.nothing_fired")));
    this.#figures(state, firing);
  }

  /** What goes on changing. @param {State} state @param {{rule: Rule, alert: Alert}[]} firing */
  #figures(state, firing) {
    if (Number.isNaN(this.#then)) firing.forEach(({ rule, alert }, i) => {
      const text = this.#firing.children[i]?.querySelector(".alert-text");
      if (text) write(text, standing(rule, alert));
    });
    state.rules.forEach((rule, i) => {
      const value = this.#rules.children[i]?.querySelector(".alert-value");
      if (value) write(value, valueOf(rule));
    });
  }

  /** @param {Rule} rule @param {Alert} alert */
  #row(rule, alert) {
    const row = make("li", "alert", make("span", "alert-mark"), make("span", "alert-text", standing(rule, alert)),
      make("span", "alert-since", say("host.since", { time: moment(alert.since, this.#now) })), ...this.#silencer(rule.rule, alert.subject, alert.silenced_until));
    row.dataset.rule = rule.rule;
    row.dataset.silenced = String(Boolean(alert.silenced_until));
    return row;
  }

  /** @param {Fired} fired @param {State} state */
  #rowThen(fired, state) {
    const row = make("li", "alert", make("span", "alert-mark"), ...this.#firedParts(fired, state));
    row.dataset.rule = fired.rule;
    return row;
  }

  /** @param {Rule} rule */
  #ruleRow(rule) {
    const state = make("td", "", say(`alerts.state_${rule.state}`));
    state.dataset.state = rule.state;
    const silence = make("td", "alert-silencer");
    if (rule.state !== "off") silence.append(...this.#silencer(rule.rule, undefined, rule.silenced_until));
    const name = make("th", "", term("alerts.rule", rule.rule));
    name.scope = "row";
    name.title = rule.rule;
    return make("tr", "", name, state, make("td", "number alert-value", valueOf(rule)), make("td", "number wide-only", limit(rule)), silence);
  }

  /** @param {Fired} fired @param {State} state */
  #firedRow(fired, state) {
    const [text, times, lasted] = this.#firedParts(fired, state);
    return make("li", "", times, " ", text, " · ", lasted);
  }

  /** What, when, and for how long. @param {Fired} fired @param {State} state */
  #firedParts(fired, state) {
    const unit = state.rules.find((rule) => rule.rule === fired.rule)?.unit ?? "";
    const lasted = fired.ended ? say("alerts.lasted", { time: duration((fired.ended - fired.began) / 1000) }) : say("alerts.lasts");
    return [make("span", "alert-text", sentence(fired.rule, unit, fired)), make("time", "alert-since", moment(fired.began, this.#now)), make("span", "aside", lasted)];
  }

  /** A choice of silences, or until when it is silent and how to end that. @param {string} rule @param {string | undefined} subject @param {number | undefined} until */
  #silencer(rule, subject, until) {
    const what = [term("alerts.rule", rule), subject].filter(Boolean).join(" ");
    if (!this.#may()) return until ? [make("span", "aside", say("alerts.silent_until", { time: moment(until, this.#now) }))] : [];
    if (until) {
      const end = make("button", "toggle", say("alerts.unsilence"));
      end.type = "button";
      attribute(end, "aria-label", say("alerts.unsilence_this", { what }));
      end.addEventListener("click", () => void this.#silence(rule, subject, "0s"));
      return [make("span", "aside", say("alerts.silent_until", { time: moment(until, this.#now) })), end];
    }
    const choice = make("select", "chart-choice alert-choice");
    attribute(choice, "aria-label", say("alerts.silence_this", { what }));
    const first = make("option", "", say("alerts.silence"));
    first.value = "";
    choice.append(first);
    for (const { length, label } of silences) {
      const option = document.createElement("option");
      option.value = length;
      caption(option, label);
      choice.append(option);
    }
    choice.addEventListener("change", () => {
      if (choice.value) void this.#silence(rule, subject, choice.value);
    });
    return [choice];
  }

  /** @param {string} rule @param {string | undefined} subject @param {string} length */
  async #silence(rule, subject, length) {
    try {
      const silence = subject ? { rule, subject, for: length } : { rule, for: length };
      this.#take(await this.#api.post("alerts", { silence }));
      write(this.#error, "");
    } catch (error) {
      write(this.#error, say("alerts.not_silenced", { why: error instanceof Error ? error.message : String(error) }));
      this.#shown = "";
      if (this.#state) this.#take(this.#state);
    }
    reveal(this.#error, this.#error.textContent !== "");
  }
}

/** @param {State} state */
function firingOf(state) {
  return state.rules.flatMap((rule) => (rule.alerts ?? []).filter((alert) => alert.state === "firing").map((alert) => ({ rule, alert })));
}

/** Of those that fired, the ones that did at a moment. @param {Fired[]} fired @param {number} at Unix milliseconds */
function firedAt(fired, at) {
  return fired.filter(({ began, ended }) => began <= at && !(ended && ended < at));
}

/** Who is told of alerts, and how that goes. @param {State} state */
function told(state) {
  if (!state.told) return say("alerts.told_nobody");
  const { receiver } = state;
  if (!receiver) return say("alerts.told_somebody");
  const { host, error, waiting, dropped } = receiver;
  const goes = error
    ? say("alerts.told_failing", { host, why: error, n: waiting })
    : say(receiver.sent === 0 ? "alerts.told_nothing" : "alerts.told", { host });
  return dropped === 0 ? goes : `${goes} ${say("alerts.told_lost", { n: dropped })}`;
}

/** What fires, by the value that it fires for; and the value, where it has come back. @param {Rule} rule @param {Alert} alert */
function standing({ rule, unit, threshold }, { value, beyond, ending, ...alert }) {
  if (term("alerts.text", rule) === rule) return alert.text; // which has both
  const what = sentence(rule, unit, { ...alert, value: beyond });
  if (value === beyond || unit === "count") return what;
  const now = valueOf({ rule, state: "firing", value, threshold, unit });
  return say(ending ? "alerts.ending" : "alerts.now", { what, now });
}

/** @param {string} rule @param {string} unit @param {{subject?: string, text: string, value: number}} alert */
function sentence(rule, unit, alert) {
  if (term("alerts.text", rule) === rule) return alert.text; // there are no words of ours
  return say(`alerts.text_${rule.replaceAll("-", "_")}`, { value: figure(alert.value, unit), subject: alert.subject ?? "", text: alert.text });
}

/** @param {Rule} rule */
function valueOf(rule) {
  if (rule.value === null || rule.unit === "count") return rule.value ? String(rule.value) : unknown;
  return rule.unit === "seconds" && rule.value > year ? say("alerts.never") : figure(rule.value, rule.unit);
}

const year = 365 * 24 * 3600;

/** @param {Rule} rule */
function limit(rule) {
  return `${rule.unit === "seconds" ? "<" : "≥"} ${figure(rule.threshold, rule.unit)}`;
}

/** @param {number} value @param {string} unit */
function figure(value, unit) {
  switch (unit) {
    case "ratio": return percent(value);
    case "bytes/s": return rate(value);
    case "bytes": return bytes(value);
    case "seconds": return duration(value);
  }
  return String(value);
}
