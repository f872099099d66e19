// @ts-check
// One lane: a viewer with connections of its own, and what happens to it, kept for as long as it is shown. The lane of the
// page's own technique has no viewer of its own: it looks at the page's.

import { Ages } from "../age.js";
import { Refused } from "../api.js";
import { Exchanges } from "../exchanges.js";
import { lasting, techniques } from "../transport/transport.js";
import { Viewer } from "../viewer.js";
import { Deliveries } from "./deliveries.js";
import { Account, since, total, without } from "./figures.js";
import { ordered, whole } from "./thin.js";

/** @typedef {import("./figures.js").Figures} Figures */
/** @typedef {{messages: number, missed: number, duplicates: number, reconnects: number}} Counts */
/** @typedef {"asked" | "failed" | ""} Request asked: nothing has come yet. failed: nothing came. "": it was answered */

/** Milliseconds until a command is not answered any more. */
const patience = 10_000;
/** Arrows kept: a minute of asking and being answered ten times a second, and some. */
const arrows = 2048;

export class Lane {
  key;
  variant;
  /** @type {Viewer} */
  viewer;
  /** the page's own viewer is this lane's */
  page = false;
  running = false;
  /** it is to run, and the browser has no connection for it */
  queued = false;
  exchanges = new Exchanges(techniques.map((technique) => lasting.has(technique)), arrows);
  deliveries = new Deliveries();
  ages = new Ages();
  /** the newest message; none yet @type {import("../message.js").Message | null} */
  newest = null;
  /** since the last reset, as the server counted; null until it was asked @type {Figures | null} */
  figures = null;
  /** the meter's last answer, as it came */
  answer = /** @type {any} */ (null);
  /** when its counts began, on performance.now()'s clock */
  began = NaN;
  /** when something was broken on purpose that concerns it, the last few times, on performance.now()'s clock @type {number[]} */
  provoked = [];
  /** when the page was in the background and had let go, the last few times, on performance.now()'s clock @type {{from: number, to: number}[]} */
  away = [];
  /** whether something that concerns it was broken on purpose while it counted */
  broken = false;

  #kind;
  #lab;
  /** what the viewer had counted when this lane's counts began @type {Counts} */
  #before = { messages: 0, missed: 0, duplicates: 0, reconnects: 0 };
  /** likewise the meter; undefined: its next answer says @type {Figures | null | undefined} */
  #base = null;
  /** what it held then is counted */
  #keeps = true;
  /** what it has cost, by whichever meter has counted */
  #account = new Account();
  /** the last question to the meter */
  #asked = Promise.resolve();
  #fresh = true;
  /** what became of its last request @type {Request} */
  #request = "";
  /** milliseconds that it has run since its counts began, but for those since it last went on */
  #ran = 0;
  #on = NaN;
  /** when it connected, on performance.now()'s clock; it has not yet: Infinity */
  #started = NaN;
  /** it was stopped, or the page hidden: many messages come in one answer then, and what they cost is no message's price */
  #behind = false;
  /** until something has come that was made since */
  #caught = false;
  /** the thinnest that it was while it counted */
  #thinnest = whole;
  /** commands said on its own connection, each with a number that its answer has */
  #said = 0;
  /** @type {(() => void) | undefined} */
  #deaf;

  /**
   * @param {import("./kinds.js").Kind} kind
   * @param {import("./lab.js").Lab} lab
   */
  constructor(kind, lab) {
    this.#kind = kind;
    this.#lab = lab;
    this.key = kind.key;
    this.variant = kind.variant;
    this.viewer = this.#make();
  }

  /** The one in use. */
  get technique() {
    return this.viewer.technique;
  }

  /** When its kind polls, whatever was chosen for it. */
  get phase() {
    return this.#kind.phase ?? "jitter";
  }

  /** The viewer's; of one that comes up no more also whether it has asked again, or its last request failed. */
  get state() {
    if (!this.running) return this.queued ? "queued" : "paused";
    const { state } = this.viewer;
    return (state === "waiting" && this.#request) || state;
  }

  /** What the page has got by this lane since the last reset. @returns {Counts} */
  get counts() {
    const now = this.viewer.counts;
    return {
      messages: now.messages - this.#before.messages,
      missed: now.missed - this.#before.missed,
      duplicates: now.duplicates - this.#before.duplicates,
      reconnects: now.reconnects - this.#before.reconnects,
    };
  }

  /** What it wanted the thinnest while it counted, to be compared with the others': "" is every message. */
  get thin() {
    const { every, conflate } = this.#thinnest;
    return every > 0 || conflate ? `${every} ${conflate}` : "";
  }

  /** How long it has counted, in seconds: not while it is stopped. */
  get seconds() {
    return (this.#ran + (this.running ? performance.now() - this.#on : 0)) / 1000;
  }

  /** Connects; what it has missed since stop comes first. */
  start() {
    this.queued = false;
    if (this.running) return;
    this.running = true;
    this.#fresh = true;
    if (!Number.isNaN(this.#started)) this.#catchUp();
    this.#started = this.#on = performance.now();
    if (Number.isNaN(this.began)) this.began = performance.now();
    this.#listen();
    if (!this.page) this.viewer.start();
  }

  /** Lets go of its connections. It can be started again. */
  stop() {
    if (this.page) return;
    const was = this.running || this.queued;
    this.queued = false;
    if (this.running) {
      this.#ran += performance.now() - this.#on;
      this.running = false;
      this.viewer.stop();
      this.#silence();
    }
    this.#lab.slots.give(this.key); // which one that stands still may have, too
    if (was) this.#lab.tell("state", { lane: this, state: this.state });
  }

  /** Waits until the browser has a connection for it. */
  queue() {
    this.stop();
    this.queued = true;
    this.#lab.tell("state", { lane: this, state: this.state });
  }

  /** Stops and forgets: the next start is another viewer's, from nothing. */
  end() {
    const page = this.page;
    this.page = false;
    if (page) {
      this.viewer.phase = "jitter"; // as a page polls that nobody looks at so closely
      this.running = false;
      this.#silence();
    } else this.stop();
    this.viewer = this.#make();
    this.#started = NaN;
    this.resetCounts();
    this.began = NaN; // counts from its start
  }

  /** Looks at the page's own viewer from now on. @param {Viewer} viewer */
  async adopt(viewer) {
    this.end();
    this.page = true;
    this.viewer = viewer;
    this.start();
    // Its connection has been held for long, and the other lanes have just begun: so does this one.
    const anew = lasting.has(viewer.technique);
    await this.resetCounts(!anew);
    if (anew && this.page && this.viewer === viewer) viewer.renew();
  }

  /** Everything it counts begins anew. @param {boolean} [keeps] what it holds goes on, and counts */
  async resetCounts(keeps = true) {
    this.#keeps = keeps;
    this.#before = this.viewer.counts;
    this.began = this.#on = performance.now();
    this.#ran = 0;
    this.broken = this.#behind = false;
    this.#thinnest = whole;
    this.ages = new Ages();
    this.figures = null;
    this.#account = new Account();
    // A viewer that nobody has heard of yet has cost nothing; of another one the meter has to say what it has.
    this.#base = this.page || !Number.isNaN(this.#started) ? undefined : null;
    this.#lab.tell("reset", { lane: this });
    if (this.#base === undefined) await this.measure();
  }

  /** Something that concerns it is broken on purpose. @param {number} at milliseconds on performance.now()'s clock */
  provoke(at) {
    this.provoked = [...this.provoked.slice(-15), at];
    this.broken = true;
  }

  /**
   * How old what this lane shows is.
   * @param {number} now milliseconds on performance.now()'s clock
   * @returns {number} milliseconds; NaN before the first message
   */
  staleness(now) {
    return this.newest ? this.#lab.clock.server(now) - this.newest.at : NaN;
  }

  /**
   * Says something upwards: on the connection itself where the technique has a way, else by a request of its own.
   * @param {object} command
   * @returns {Promise<{inBand: boolean, answer: any}>} once it is answered
   */
  async command(command) {
    const ping = ++this.#said;
    if (this.viewer.say({ ...command, ping })) {
      const answer = await this.#answered(ping);
      this.#exchanged({ at: performance.now(), dir: "down", kind: "reply", messages: 0, payload: 0 });
      return { inBand: true, answer };
    }
    this.#exchanged({ at: performance.now(), dir: "up", kind: "command", messages: 0, payload: JSON.stringify(command).length });
    const answer = await this.#lab.api.command(this.viewer.id, command);
    this.#exchanged({ at: performance.now(), dir: "down", kind: "reply", messages: 0, payload: 0 });
    return { inBand: false, answer };
  }

  /**
   * Wants at most one message in this time from now on, and tells the server.
   * @param {number} ms 0 is all of them
   */
  async setEvery(ms) {
    const { viewer } = this;
    const before = viewer.every;
    viewer.every = ms || before; // which is what a viewer says that connects meanwhile
    try {
      const said = await ordered(viewer, () => this.command({ set: { every: `${ms}ms` }, ping: 0 }), ({ answer }) => answer?.at);
      viewer.every = ms;
      return said;
    } catch (error) {
      if (error instanceof Refused && error.status > 0) viewer.every = before;
      throw error;
    }
  }

  /** The answer on its own connection to what was said there. @param {number} ping its number @returns {Promise<any>} */
  #answered(ping) {
    return new Promise((resolve, reject) => {
      const hear = (/** @type {Event} */ event) => {
        const { lane, answer } = /** @type {CustomEvent} */ (event).detail;
        if (lane !== this || (answer.pong !== ping && !answer.problem)) return;
        leave();
        if (answer.problem) reject(new Refused(answer.problem.status, answer.problem.detail));
        else resolve(answer);
      };
      const leave = () => {
        clearTimeout(timer);
        this.#lab.removeEventListener("answer", hear);
      };
      const timer = setTimeout(() => {
        leave();
        reject(new Refused(0, "")); // there is nothing to say of it
      }, patience);
      this.#lab.addEventListener("answer", hear);
    });
  }

  /** Asks the meter: one question at a time, so that no answer is older than the one before. */
  measure() {
    return (this.#asked = this.#asked.then(() => this.#ask()));
  }

  #catchUp() {
    this.#behind = true;
    this.#caught = false;
  }

  async #ask() {
    const { viewer } = this;
    const caught = this.#caught;
    try {
      const answer = await this.#lab.api.wire(viewer.id);
      if (viewer !== this.viewer) return;
      const figures = this.#account.take(total(answer, this.page ? [this.technique] : techniques), answer.since ?? NaN);
      if (this.#base === undefined) {
        const connection = this.#keeps && this.running && this.state === "open"; // polls come by one, too, that the browser keeps
        this.#base = without(figures, { request: connection && this.technique !== "polling", connection });
      } else if (this.#behind) {
        this.#base = since(figures, this.figures); // what is shown stays
        this.#behind = !caught;
      }
      this.answer = answer;
      this.figures = since(figures, this.#base);
      this.#lab.tell("figures", { lane: this, figures: this.figures, answer });
    } catch {
      // What it said before is as true as it was.
    }
  }

  #make() {
    const { technique, pace = 1, compress, binary, phase } = this.#kind;
    const { base, config } = this.#lab;
    return new Viewer({ base, technique, interval: () => config.interval * pace, compress, binary, phase });
  }

  #listen() {
    this.#silence();
    this.#deaf = this.viewer.listen({
      onMessage: (message) => this.#message(message),
      onExchange: (technique, exchange) => this.#exchanged(exchange, technique),
      onState: (_, state) => {
        if (state === "paused") this.#hid();
        else if (this.#started === Infinity) {
          this.#started = performance.now();
          this.#shown();
          this.#catchUp();
        }
        this.#lab.tell("state", { lane: this, state });
      },
      onAnswer: (answer) => this.#lab.tell("answer", { lane: this, answer }),
    });
    // The page's has been open for longer than this lane has looked.
    if (this.page && lasting.has(this.technique) && this.state === "open") this.exchanges.begin(techniques.indexOf(this.technique), performance.now());
  }

  #silence() {
    this.#deaf?.();
    this.#deaf = undefined;
    this.exchanges.only(-1, performance.now());
    this.#shown();
  }

  /** The page is hidden, and has let go; or this lane was stopped, or the page's viewer by a lesson, which needs no word. */
  #hid() {
    this.#started = Infinity;
    if (!this.running) return;
    const now = performance.now();
    this.exchanges.only(-1, now);
    if (document.hidden) this.away = [...this.away.slice(-7), { from: now, to: Infinity }];
  }

  #shown() {
    const last = this.away.at(-1);
    if (last?.to === Infinity) last.to = performance.now();
  }

  /** @param {import("../transport/transport.js").Exchange} exchange @param {import("../transport/transport.js").Technique} [technique] */
  #exchanged(exchange, technique = this.technique) {
    const place = techniques.indexOf(technique);
    this.exchanges.add(place, exchange);
    if (technique === this.technique) this.#request = request(this.#request, exchange.kind);
    // Something came by the one in use: the one before, if there was another, has been let go.
    if ((exchange.kind === "messages" || exchange.kind === "empty") && technique === this.technique) this.exchanges.only(place, exchange.at);
    this.#lab.tell("exchange", { lane: this, exchange });
  }

  /** @param {import("../message.js").Message} message */
  #message(message) {
    const anew = this.newest && this.newest.epoch !== message.epoch;
    this.newest = message;
    const { every, conflate } = this.viewer;
    if (every > 0 || conflate) this.#thinnest = { every: Math.max(every, this.#thinnest.every), conflate: conflate || this.#thinnest.conflate };
    this.#lab.clock.observe(message.at, message.received);
    this.deliveries.add(message.at, message.received);
    this.exchanges.note(message);
    // The first had been waiting for whoever would come, and so had what was made before it was started again: their age says
    // nothing about the technique.
    const waited = message.at < this.#lab.clock.server(this.#started);
    if (!this.#fresh && !waited) this.ages.add(message.at, message.received);
    this.#caught ||= !waited;
    this.#fresh = false;
    this.#lab.tell("message", { lane: this, message });
    // A server that was started again has not heard of it; how many it wants, a viewer says by itself when it connects.
    if (anew && conflate) this.command({ set: { conflate: true } }).catch(() => {});
  }
}

/**
 * What has become of a request when something has happened.
 * @param {Request} before
 * @param {import("../transport/transport.js").Exchange["kind"]} kind
 * @returns {Request}
 */
export function request(before, kind) {
  if (kind === "request") return "asked";
  if (kind === "error") return before && "failed"; // a connection that was there broke, or it never was
  return kind === "command" || kind === "reply" ? before : "";
}
