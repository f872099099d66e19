// @ts-check
// One viewer: this page, on one technique at a time, and the way from one to the next without a hole or a duplicate.
// The new connection begins at the cursor while the old one still carries; the old one is let go at the new one's
// first sign of life.

import { asked } from "./config.js";
import { toMessage } from "./message.js";
import { Sequence } from "./sequence.js";
import { connect as longpolling } from "./transport/longpolling.js";
import { connect as polling } from "./transport/polling.js";
import { connect as sse } from "./transport/sse.js";
import { connect as streaming } from "./transport/streaming.js";
import { lasting } from "./transport/transport.js";
import { connect as websocket } from "./transport/websocket.js";

/** @typedef {import("./message.js").Message} Message */
/** @typedef {import("./transport/transport.js").Technique} Technique */
/** @typedef {import("./transport/transport.js").Exchange} Exchange */
/** @typedef {"connecting" | "open" | "waiting" | "offline" | "paused"} ViewerState */
/** @typedef {((text: string) => void) | null} Say on the connection itself */
/** @typedef {{technique: Technique, controller: AbortController, last: {epoch: string, seq: number}, say: Say}} Link */
/**
 * Who is told what a viewer does.
 * @typedef {object} Listener
 * @property {(message: Message) => void} onMessage in order, none twice
 * @property {(technique: Technique, exchange: Exchange) => void} onExchange
 * @property {(technique: Technique, state: ViewerState) => void} onState
 * @property {(answer: any) => void} [onAnswer] to a command that was said on the connection itself
 */

/** @type {Record<Technique, import("./transport/transport.js").Connect>} */
const connects = { polling, longpolling, streaming, sse, websocket };

const HANDOVER = 3_000; // ms after which the old connection goes even if the new one has not come up
const HIDDEN = 60_000; // ms a page may be hidden before it lets go
const SILENCE = 10_000; // ms without a message, and three intervals, until a connection counts as dead
const UNANSWERED = 25_000; // ms until a question for a connection that lasts does; some servers have nothing to say before their first heartbeat
const CHECK = 1_000;

export class Viewer {
  id = newId();
  /** @type {Technique} */
  technique;
  /** @type {ViewerState} */
  state = "connecting";
  reconnects = 0;

  /** when polling asks; for the next question on @type {import("./transport/transport.js").Phase} */
  phase;
  /** whether the server was asked to leave out, of messages that wait, all but the newest: numbers left out are no loss then */
  conflate = false;
  /** until when, on the server's clock, what was made may have been left out, whatever is wanted now; Infinity while an order is under way */
  lenient = NaN;

  #options;
  /** @type {Listener[]} */
  #listeners = [];
  #sequence = new Sequence();
  /** @type {Link | undefined} the chosen technique's */
  #link;
  /** @type {Link | undefined} the one before, while it still carries */
  #previous;
  #every = 0;
  #lost = false; // a connection failed, and none has come up since
  #heard = 0; // when the last message came, or the connection was begun
  #asked = NaN; // when a connection that lasts was asked for, while there is no answer
  /** @type {number | undefined} */
  #handover;
  /** @type {number | undefined} */
  #hiding;
  /** @type {AbortController | undefined} */
  #running;

  /**
   * @param {object} options
   * @param {URL} options.base ends in "api/v1/"
   * @param {Technique} options.technique
   * @param {() => number} [options.interval] milliseconds between two messages at the source, as things are now
   * @param {string} [options.compress] "off" to get messages as they are
   * @param {boolean} [options.binary] CBOR, where the technique can
   * @param {import("./transport/transport.js").Phase} [options.phase]
   * @param {Record<string, string>} [options.headers] of each request, where the technique can have any
   */
  constructor(options) {
    this.#options = options;
    this.technique = options.technique;
    this.phase = options.phase ?? "jitter";
  }

  /**
   * Tells this listener too, from now on.
   * @param {Listener} listener
   * @returns {() => void} and no longer
   */
  listen(listener) {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  /** What the page has got since it was opened. */
  get counts() {
    return { ...this.#sequence.counts, reconnects: this.reconnects };
  }

  /** Connects, and follows what happens to the page: hidden, shown, frozen, thawed, offline, online. */
  start() {
    if (this.#running) return;
    this.#running = new AbortController();
    const { signal } = this.#running;
    document.addEventListener("visibilitychange", () => this.#visibility(), { signal });
    addEventListener("pagehide", () => this.#pause(), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.#resume(), { signal });
    addEventListener("online", () => this.#link && this.state !== "open" && this.#reconnect(), { signal });
    addEventListener("offline", () => this.state === "waiting" && this.#setState("waiting"), { signal });
    const timer = setInterval(() => this.#check(), CHECK);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.#connect();
  }

  /** Lets go of everything. */
  stop() {
    this.#running?.abort();
    this.#running = undefined;
    this.#pause();
  }

  /**
   * Goes over to another technique.
   * @param {Technique} technique
   */
  switchTo(technique) {
    if (technique === this.technique) return;
    this.technique = technique;
    if (!this.#running || this.state === "paused") return;
    // Chosen again before the last choice came up: that one goes, and whoever still carries goes on carrying.
    if (this.#previous) this.#link?.controller.abort();
    else this.#previous = this.#link;
    this.#connect();
    clearTimeout(this.#handover);
    this.#handover = setTimeout(() => this.#letGo(), HANDOVER);
  }

  get interval() {
    return this.#options.interval?.() ?? 1000;
  }

  /** At least so many milliseconds between two messages; 0 is all of them. */
  get every() {
    return this.#every;
  }

  /**
   * At most one message in this time; 0 is all of them. The server has to be told as well, by a command, or hears it when
   * the viewer connects.
   * @param {number} ms
   */
  set every(ms) {
    this.#every = ms;
  }

  /**
   * Says something upwards on the connection itself.
   * @param {object} command
   * @returns {boolean} false: this technique has no way up, or its connection is not there; then it takes a request
   */
  say(command) {
    const say = this.#link?.say;
    say?.(JSON.stringify(command));
    return Boolean(say);
  }

  /** Lets go of its connection and begins another one, where it was: nothing is lost or comes twice. */
  renew() {
    this.#reconnect();
  }

  #connect() {
    const controller = new AbortController();
    /** @type {Link} */
    const link = { technique: this.technique, controller, last: { epoch: "", seq: 0 }, say: null };
    this.#link = link;
    this.#heard = performance.now();
    this.#asked = NaN;
    connects[link.technique]({
      base: this.#options.base,
      viewer: this.id,
      cursor: () => this.#sequence.cursor,
      every: () => this.#every,
      compress: this.#options.compress ?? asked("compress"),
      binary: this.#options.binary ?? false,
      headers: this.#options.headers,
      interval: () => this.interval,
      phase: () => this.phase,
      upwards: (say) => (link.say = say),
      answer: (answer) => this.#listeners.forEach((listener) => listener.onAnswer?.(answer)),
      signal: controller.signal,
      message: (wire) => this.#message(link, wire),
      exchange: (exchange) => this.#exchange(link, exchange),
      state: (state) => this.#linkState(link, state),
    });
  }

  /**
   * @param {Link} link
   * @param {object} wire
   */
  #message(link, wire) {
    if (link.controller.signal.aborted) return;
    if (link === this.#link) this.#heard = performance.now();
    const message = toMessage(wire, performance.now());
    if (!this.#sequence.take(message, link.last, this.#every > 0 || this.conflate || message.at <= this.lenient)) return;
    if (this.#sequence.counts.messages === 1) performance.mark("first-message");
    for (const listener of this.#listeners) listener.onMessage(message);
  }

  /**
   * @param {Link} link
   * @param {Exchange} exchange
   */
  #exchange(link, exchange) {
    if (link.controller.signal.aborted) return;
    if (link === this.#link) this.#asked = exchange.kind === "request" && lasting.has(link.technique) ? exchange.at : NaN;
    // The new connection is good when something came by it: an open one alone may lead through a proxy that keeps all.
    if (link === this.#link && (exchange.kind === "messages" || exchange.kind === "empty")) this.#letGo();
    for (const listener of this.#listeners) listener.onExchange(link.technique, exchange);
  }

  /**
   * @param {Link} link
   * @param {import("./transport/transport.js").State} state
   */
  #linkState(link, state) {
    if (link !== this.#link || link.controller.signal.aborted) return;
    if (state === "waiting") this.#lost = true;
    if (state === "open") {
      this.#heard = performance.now();
      if (this.#lost) this.reconnects++;
      this.#lost = false;
    }
    this.#setState(state);
  }

  /** @param {ViewerState} state */
  #setState(state) {
    // A loopback dashboard works without a network, so being offline explains a failure and causes none.
    if (state === "waiting" && !navigator.onLine) state = "offline";
    if (state === this.state) return;
    this.state = state;
    for (const listener of this.#listeners) listener.onState(this.technique, state);
  }

  #letGo() {
    clearTimeout(this.#handover);
    this.#previous?.controller.abort();
    this.#previous = undefined;
  }

  #reconnect() {
    if (!this.#running) return;
    this.#letGo();
    this.#link?.controller.abort();
    this.#setState("connecting");
    this.#connect();
  }

  #pause() {
    this.#letGo();
    this.#link?.controller.abort();
    this.#link = undefined;
    this.#setState("paused");
  }

  #resume() {
    clearTimeout(this.#hiding);
    this.#hiding = undefined;
    if (this.#running && !this.#link) this.#reconnect();
    else this.#check();
  }

  #visibility() {
    if (document.visibilityState === "visible") this.#resume();
    else this.#hiding ??= setTimeout(() => this.#pause(), HIDDEN);
  }

  /**
   * A laptop that slept holds a connection that nobody else does: what is silent for too long is dead. So is a question that a proxy
   * or a firewall took and forgot, which polls notice by themselves.
   */
  #check() {
    const now = performance.now();
    const patience = Math.max(SILENCE, 3 * Math.max(this.interval, this.#every));
    if (this.#link && ((this.state === "open" && now - this.#heard > patience) || now - this.#asked > UNANSWERED)) {
      this.#exchange(this.#link, { at: now, dir: "down", kind: "error", messages: 0, payload: 0 });
      this.#lost = true;
      this.#reconnect();
    }
  }
}

/** Crypto's randomUUID is for secure origins only, and a dashboard in a classroom is not one. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return Array.from(bytes, (b) => b.toString(36).padStart(2, "0")).join("");
}
