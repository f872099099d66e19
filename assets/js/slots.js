// @ts-check
// A browser allows six connections to a host over HTTP/1.1, all its tabs together. Held ones are gone for everything else:
// with six of them no question is ever answered, in no tab, and nothing says why. So the tabs of a dashboard tell each
// other what they hold and keep two free. WebSockets have a pool of their own, and HTTP/2 has no such limit.

import { techniques } from "./transport/transport.js";

/** @typedef {{tab: string, born: number, held: number, ask?: boolean}} Word what a tab says; ask: tell me yours */

/** What browsers allow, and what is kept free of it. */
export const allowed = 6;
const free = 2;
/** Who has been told to go on all the same, or will soon be done, may take one of those. */
const reserve = 1;

const repeat = 3000; // ms: a tab that crashed says nothing any more
const patience = 10_000;

/** Techniques that hold a connection of the six. @type {Set<string>} */
export const holding = new Set(techniques.filter((technique) => technique !== "polling" && technique !== "websocket"));

export class Slots extends EventTarget {
  #tab = crypto.getRandomValues(new Uint32Array(2)).join("");
  #born = Date.now();
  #limited;
  #channel;
  /** what this tab holds, the newest last @type {Map<string, () => void>} */
  #claims = new Map();
  /** @type {Map<string, {held: number, born: number, heard: number}>} */
  #others = new Map();

  /**
   * @param {string} place dashboards of one origin share its connections: its path does not matter
   * @param {boolean} [limited] whether there is a limit at all
   */
  constructor(place = "fivewire.slots", limited = overHTTP1()) {
    super();
    this.#limited = limited;
    this.#channel = new BroadcastChannel(place);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#tell(true);
    setInterval(() => this.#beat(), repeat);
    addEventListener("pagehide", () => this.#tell(false, 0));
    addEventListener("pageshow", (event) => event.persisted && this.#tell(true));
  }

  /** Connections that this tab holds. */
  get own() {
    return this.#claims.size;
  }

  /** Connections that other tabs hold. */
  get others() {
    let held = 0;
    for (const other of this.#others.values()) held += other.held;
    return held;
  }

  /** How many more may be held before the ones that are kept free are touched. */
  get room() {
    return this.#limited ? allowed - free - this.own - this.others : Infinity;
  }

  /**
   * Asks for a connection to hold.
   * @param {string} key who holds it; the page is "page"
   * @param {() => void} yields another tab has taken it at the same moment, and was there first: let it go
   * @param {boolean} [reserved] one of those that are kept free will do
   * @returns {boolean} false: there is no room for it
   */
  take(key, yields, reserved = false) {
    if (this.#claims.has(key)) return true;
    if (this.room + (reserved ? reserve : 0) < 1) return false;
    this.#claims.set(key, yields);
    this.#tell();
    return true;
  }

  /** It is not held any more. @param {string} key */
  give(key) {
    if (this.#claims.delete(key)) this.#tell();
  }

  /** @param {Word} word */
  #hear({ tab, born, held, ask }) {
    this.#others.set(tab, { held, born, heard: Date.now() });
    if (ask) this.#tell();
    this.#settle();
    this.dispatchEvent(new Event("change"));
  }

  /** Two tabs that took the last one at once: the younger tab gives way, with what it took last. */
  #settle() {
    let before = 0;
    for (const [tab, other] of this.#others) {
      if (other.born < this.#born || (other.born === this.#born && tab < this.#tab)) before += other.held;
    }
    while (before > 0 && this.#claims.size > 0) {
      if (this.room >= -reserve) return;
      const key = [...this.#claims.keys()].findLast((key) => key !== "page") ?? "page";
      const yields = this.#claims.get(key);
      this.give(key);
      yields?.();
    }
  }

  #beat() {
    const now = Date.now();
    let gone = false;
    for (const [tab, other] of this.#others) {
      if (now - other.heard > patience) gone = this.#others.delete(tab) || gone;
    }
    this.#post(false, this.own);
    if (gone) this.dispatchEvent(new Event("change"));
  }

  #tell(ask = false, held = this.own) {
    this.#post(ask, held);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {boolean} ask @param {number} held */
  #post(ask, held) {
    this.#channel.postMessage({ tab: this.#tab, born: this.#born, held, ask });
  }
}

/**
 * By what this page came, as the browser tells it: "http/1.1", "h2", "h3"; "" where it does not. It does not say that of a page
 * whose copy it had kept, so what the page has asked its server for since tells it as well.
 *
 * @returns {string}
 */
export function hop() {
  const entries = /** @type {PerformanceResourceTiming[]} */ ([
    ...performance.getEntriesByType("navigation"),
    ...performance.getEntriesByType("resource").filter(({ name }) => name.startsWith(`${location.origin}/`)),
  ]);
  return entries.find(({ nextHopProtocol }) => nextHopProtocol)?.nextHopProtocol ?? "";
}

/** Whether this page came over HTTP/1.1; where the browser does not say, it is believed to have. */
function overHTTP1() {
  return !/^h[23]/.test(hop());
}
