// @ts-check
// The page's own viewer, beside what it brings: the technique that it is on and who chose that, what the other tabs leave it
// of the connections, and what the strip, the meter and the header say of how the messages come.

import { Ages, Recent } from "../age.js";
import { Refused } from "../api.js";
import { remember } from "../remember.js";
import { allowed, holding } from "../slots.js";
import { techniques } from "../transport/transport.js";
import { say } from "../words/words.js";
import { one, reveal, write } from "./dom.js";
import { called } from "./switch.js";

/** @typedef {import("../transport/transport.js").Technique} Technique */
/** @typedef {import("../transport/transport.js").Exchange} Exchange */
/** @typedef {import("../viewer.js").Viewer} Viewer */
/**
 * Whom it asks and tells.
 * @typedef {object} Parts
 * @property {import("../api.js").API} api
 * @property {import("./access.js").Access} access
 * @property {import("../frame.js").Frame} frame
 * @property {import("../age.js").Clock} clock
 * @property {import("../slots.js").Slots} slots
 * @property {import("./switch.js").Switch} chooser
 * @property {import("./status.js").Status} status
 * @property {import("./wire.js").Wire} wire
 * @property {import("./meter.js").Meter} meter
 * @property {import("../exchanges.js").Exchanges} exchanges
 */

/** What "per second" is averaged over, in milliseconds. */
const recently = 10_000;

const page = document.documentElement.dataset;

export class OwnViewer {
  /** once there is one @type {Viewer | null} */
  viewer = null;
  #to;
  #used;
  /** that this server has @type {Technique[]} */
  #offered = [];
  #ages = techniques.map(() => new Ages());
  #received = new Recent(recently);
  /** the place of the technique that brought the last messages: while two hand over, not always the chosen one */
  #carrier = 0;
  /** the one that brought those before; none yet */
  #carried = -1;
  /** when this page connected again after it had been hidden, on performance.now()'s clock */
  #resumed = NaN;
  /** whether this server counts on its socket, until it says no */
  #counting = true;
  #asking = false;
  /** the meter's last answer, until it is shown: with the next second, whose frame there is anyway @type {(() => void) | null} */
  #answered = null;
  /** the technique that the strip's text was last of @type {string | undefined} */
  #described;
  #count = () => this.viewer && this.#to.wire.count(this.viewer.counts);
  #giveWay = () => this.#give();

  /** @param {Parts} to @param {(technique: Technique) => void} used is told of each that is used from now on */
  constructor(to, used) {
    this.#to = to;
    this.#used = used;
  }

  /** @param {Viewer} viewer that has not been started @param {Technique[]} offered by this server */
  start(viewer, offered) {
    this.viewer = viewer;
    this.#offered = offered;
    const { technique } = viewer;
    this.turn(technique, "connecting");
    this.use(technique, false);
    remember("technique", technique);
    viewer.start();
  }

  /** @param {Technique} technique @param {boolean} [chosen] by the reader */
  use(technique, chosen = true) {
    const { slots, chooser, wire } = this.#to;
    const { viewer } = this;
    if (holding.has(technique) && !slots.take("page", this.#giveWay, chosen)) {
      chooser.show(viewer?.technique ?? "");
      if (viewer) this.#warn(technique, viewer.technique);
      return;
    }
    chooser.show(technique);
    wire.use(technique);
    page.technique = technique;
    if (chosen) {
      remember("technique", technique);
      reveal(one("#slots"), false);
    }
    viewer?.switchTo(technique);
    this.#used(technique);
    if (chosen) this.ask(); // else with the next second that is even
  }

  /** Other tabs hold all the connections that there are: this page takes a way that needs none. */
  #give() {
    const other = this.#offered.find((technique) => technique === "websocket") ?? "polling";
    this.#warn(this.viewer?.technique ?? other, other);
    this.use(other, false);
  }

  /** @param {Technique} wanted @param {Technique} used */
  #warn(wanted, used) {
    const notice = one("#slots");
    write(notice, say("host.slots_full", { n: this.#to.slots.others, allowed, wanted: called(wanted), used: called(used) }));
    reveal(notice, true);
  }

  /** @param {import("../message.js").Message} message that the viewer has brought */
  took({ at, received }) {
    // The first message that a technique brings had been waiting for the switch, and what was made while the page was hidden
    // for that to end: their age says nothing about the technique.
    if (this.#carrier === this.#carried && !(at < this.#to.clock.server(this.#resumed))) this.#ages[this.#carrier].add(at, received);
    this.#carried = this.#carrier;
  }

  /** @param {Technique} technique @param {Exchange} exchange */
  record(technique, exchange) {
    const { exchanges, wire } = this.#to;
    const place = techniques.indexOf(technique);
    exchanges.add(place, exchange);
    if (exchange.kind === "messages") {
      this.#carrier = place;
      this.#received.add(exchange.at, exchange.payload);
    }
    // Something came by the chosen technique: the one before has been let go.
    if ((exchange.kind === "messages" || exchange.kind === "empty") && technique === this.viewer?.technique) exchanges.only(place, exchange.at);
    wire.happened();
  }

  /** @param {Technique} technique @param {import("./status.js").State} state */
  turn(technique, state) {
    const { access, exchanges, slots, status } = this.#to;
    if (page.state === "paused" && state !== "paused") this.#resumed = performance.now();
    page.state = state;
    if (state === "waiting") { // EventSource and WebSocket do not tell a page why they were refused
      void access.check();
      void this.#lookForRoom();
    }
    status.show(called(technique), state);
    if (state === "paused" || !holding.has(technique)) slots.give("page");
    else if (!slots.take("page", this.#giveWay)) this.#give();
    if (state === "paused") exchanges.only(-1, performance.now());
    this.tell();
  }

  /** Is there no place left for who holds a connection? */
  async #lookForRoom() {
    const { full } = await this.#to.api.config().catch(() => ({ full: false }));
    if (full && this.viewer?.state === "waiting") this.#to.status.show(called(this.viewer.technique), "full");
  }

  /** The counts, for the reader and for tests. */
  tell() {
    if (!this.viewer) return;
    const { counts } = this.viewer;
    page.messages = String(counts.messages);
    page.missed = String(counts.missed);
    page.duplicates = String(counts.duplicates);
    this.#to.frame.mark(this.#count);
  }

  /** Bytes a second of what came lately. @param {number} now */
  rate(now) {
    return this.#received.rate(now);
  }

  /** What it has cost, as the server's meter counts it. */
  async ask() {
    const { api, meter, wire } = this.#to;
    const { viewer } = this;
    if (!viewer || this.#asking || !wire.open || !this.#counting || document.hidden) return;
    this.#asking = true;
    const { technique, id } = viewer;
    try {
      const cost = await api.wire(id);
      const now = performance.now();
      this.#answered = () => meter.show(technique, cost, now);
    } catch (error) {
      if (error instanceof Refused && error.status === 404) {
        this.#counting = false;
        meter.show(technique, null, performance.now());
      } else meter.stale();
    }
    this.#asking = false;
    if (technique !== viewer.technique) this.ask();
  }

  /** What a second changes. @param {number} now */
  show(now) {
    this.#answered?.();
    this.#answered = null;
    const { clock, exchanges, meter, wire } = this.#to;
    const { viewer } = this;
    if (!viewer) return;
    const place = techniques.indexOf(viewer.technique);
    const [median, p99] = this.#ages[place].percentiles([0.5, 0.99], clock.offset);
    const requests = exchanges.requestRate(place, now, recently);
    meter.ages(median, p99, requests);
    this.#count();
    if (this.#described !== viewer.technique && Number.isFinite(requests)) {
      this.#described = viewer.technique;
      wire.describe(viewer.technique, viewer.counts, requests, median);
    }
  }

  /** The strip is described anew with the next second. */
  describe() {
    this.#described = undefined;
  }

  /** Another process answers, which may count what the one before did not; a proxy may have said no for that. */
  anew() {
    this.#counting = true;
  }

  /** In other words, from now on. */
  reword() {
    if (this.viewer) this.turn(this.viewer.technique, this.viewer.state);
    this.describe();
  }
}
