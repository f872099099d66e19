// @ts-check
// The lanes: what each technique does on the wire, as it happens, one below the other on the same time and the same scale.

import { kinds as sorts } from "../exchanges.js";
import { bytes, clock as time, count, delay } from "../format.js";
import { make, property, reveal, write } from "../panel/dom.js";
import { allowed } from "../slots.js";
import { follow, say, term } from "../words/words.js";
import { Controls } from "./controls.js";
import { Inspector } from "./inspector.js";
import { named } from "./kinds.js";
import { Row, within } from "./row.js";
import { TimeView } from "./timeview.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("./lane.js").Lane} Lane */

/** The scale of the saw-tooth holds this much more than the typical peak. */
const headroom = 1.4;
const rounds = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
/** Parts of the time axis. */
const parts = 4;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Lanes {
  #lab;
  #view = new TimeView();
  #controls;
  #list = make("ol", "lanes");
  #axis = make("p", "lane-axis");
  #full = make("p", "notice");
  #scale = make("p", "lane-scale");
  /** @type {Row[]} */
  #rows = [];
  /** rows whose picture is old @type {Set<Row>} */
  #marked = new Set();
  /** the arrow that is looked at @type {{row: Row, i: number} | null} */
  #chosen = null;

  /** @param {HTMLElement} root @param {Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    this.#controls = new Controls(lab, this.#view, {
      freeze: () => this.#freeze(!this.#view.frozen),
      zoom: (by) => this.#zoom(by),
    });
    this.#axis.setAttribute("aria-hidden", "true");
    for (let i = 0; i <= parts; i++) this.#axis.append(make("span"));
    this.#axis.append(this.#scale);
    this.#full.setAttribute("role", "status");
    this.#full.dataset.testid = "lanes-full";
    root.append(this.#controls.element, this.#full, this.#list, this.#axis);
    lab.on("lanes", () => this.#arrange());
    for (const type of ["exchange", "message"]) lab.on(type, ({ lane }) => this.#happened(lane));
    lab.on("state", ({ lane }) => {
      this.#row(lane)?.show();
      this.#happened(lane);
    });
    lab.on("room", () => this.#wait());
    lab.on("fault", () => {
      for (const { lane } of this.#rows) this.#happened(lane);
    });
    lab.on("reset", ({ lane }) => this.#row(lane)?.show());
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      this.#zoom(Math.sign(event.deltaY));
    }, { passive: false });
    lab.frame.every(200, (now) => {
      if (lab.isOpen) for (const row of this.#rows) row.tick(now);
    });
    follow(() => {
      for (const row of this.#rows) row.rename();
      this.show();
    });
    this.#arrange();
  }

  /** Once a second. */
  show() {
    for (const row of this.#rows) row.show();
    this.#controls.show();
    this.#wait();
    this.#measure();
    if (calm.matches) for (const row of this.#rows) this.#mark(row);
  }

  opened() {
    this.#arrange();
  }

  closed() {
    if (this.#view.frozen) this.#freeze(false);
  }

  restyle() {
    for (const row of this.#rows) {
      row.picture.restyle();
      this.#mark(row);
    }
  }

  /** Who waits because the browser has no connection left. */
  #wait() {
    const { slots, lanes } = this.#lab;
    const queued = lanes.filter((lane) => lane.queued);
    reveal(this.#full, queued.length > 0);
    if (queued.length === 0) return;
    const names = queued.map(named).join(say("lab.comma"));
    write(this.#full, say("lanes.full", { names, own: slots.own, others: slots.others, allowed }));
  }

  /** @param {Lane} lane */
  #row(lane) {
    return this.#rows.find((row) => row.lane === lane);
  }

  /** There are others than before. */
  #arrange() {
    this.#rows = this.#lab.lanes.map((lane) => this.#row(lane) ?? this.#make(lane));
    this.#list.replaceChildren(...this.#rows.map((row) => row.element));
    if (this.#chosen && !this.#rows.includes(this.#chosen.row)) this.#choose(null);
    for (const row of this.#rows) {
      row.rename();
      row.picture.freeze(this.#view.frozen);
    }
    this.show();
    this.restyle();
  }

  /** @param {Lane} lane */
  #make(lane) {
    const row = new Row(lane, this.#view, this.#lab, () => this.#mark(row));
    const { window } = row.picture;
    const point = (/** @type {PointerEvent} */ event) => row.picture.at(event.clientX - window.getBoundingClientRect().left);
    window.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse") this.#choose({ row, i: point(event) });
    });
    window.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse" && document.activeElement !== window) this.#choose(null);
    });
    window.addEventListener("click", (event) => {
      this.#choose({ row, i: point(/** @type {PointerEvent} */ (event)) });
      this.#select();
    });
    window.addEventListener("blur", () => this.#choose(null));
    return row;
  }

  /** Something is new on the wire of a lane. @param {Lane} lane */
  #happened(lane) {
    if (this.#view.frozen) return;
    const row = this.#row(lane);
    if (row) this.#mark(row);
  }

  /** @param {Row} row */
  #mark(row) {
    this.#marked.add(row);
    this.#lab.frame.draw(this.#draw);
  }

  #draw = () => {
    const before = performance.now();
    for (const row of this.#marked) row.picture.draw();
    this.#marked.clear();
    this.#place();
    performance.measure("lanes", { start: before });
    performance.clearMeasures("lanes"); // observers have it all the same, and nothing piles up
  };

  /** @param {boolean} still */
  #freeze(still) {
    this.#view.freeze(still);
    for (const row of this.#rows) row.picture.freeze(still);
    if (!still) this.#choose(null);
    this.#controls.show();
    this.restyle();
  }

  /** @param {number} by */
  #zoom(by) {
    this.#view.zoom(by);
    this.#controls.show();
    this.#measure();
    this.restyle();
  }

  /** The scale that all saw-teeth share, and the words at the axes. */
  #measure() {
    const { span, now } = this.#view;
    const peaks = this.#rows.map(({ picture }) => picture.deliveries.peak(now - span, this.#lab.clock.offset));
    const max = round(headroom * Math.max(this.#lab.config.interval, ...peaks.filter(Number.isFinite)));
    if (max !== this.#view.max) {
      this.#view.max = max;
      this.restyle();
    }
    write(this.#scale, say("lanes.scale", { max: delay(max / 1000) }));
    for (let i = 0; i <= parts; i++) {
      const ago = (span / 1000) * (1 - i / parts);
      const text = ago > 0 ? say("lanes.ago", { seconds: Number(ago.toFixed(2)) }) : say(this.#view.frozen ? "lanes.frozen" : "lanes.now");
      write(this.#axis.children[i], text);
    }
  }

  /** An arrow is looked at; null or -1: none. @param {{row: Row, i: number} | null} chosen */
  #choose(chosen) {
    if (chosen && chosen.i < 0) chosen = null;
    const before = this.#chosen;
    if (before?.row === chosen?.row && before?.i === chosen?.i) return;
    this.#chosen = chosen;
    if (before) {
      before.row.picture.mark(-1);
      reveal(before.row.tip, false);
      this.#mark(before.row);
    }
    if (!chosen) return;
    chosen.row.picture.mark(chosen.i);
    write(chosen.row.tip, this.#describe(chosen.row, chosen.i));
    reveal(chosen.row.tip, true);
    this.#mark(chosen.row);
  }

  /** Where the arrow is, there is what it was. */
  #place() {
    if (!this.#chosen) return;
    const { row, i } = this.#chosen;
    const x = row.picture.place(i);
    if (x < 0) return this.#choose(null); // it has gone out of sight
    property(row.tip, "x", x);
  }

  /** Somebody wants to know more. */
  #select() {
    const chosen = this.#chosen;
    if (!chosen) return this.#lab.tell("select", { lane: null, exchange: null });
    const e = chosen.row.picture.exchanges;
    const k = e.slot(chosen.i);
    const exchange = { at: e.at[k], kind: sorts[e.kind[k]], messages: e.messages[k], payload: e.payload[k], seq: e.seq[k] };
    this.#lab.tell("select", { lane: chosen.row.lane, exchange });
  }

  /** @param {Row} row @param {number} i */
  #describe(row, i) {
    const e = row.picture.exchanges;
    const k = e.slot(i);
    const { clock } = this.#lab;
    const at = clock.server(e.at[k]);
    const what = [`${time(at)}.${String(Math.floor(at) % 1000).padStart(3, "0")}`, term("lanes.kind", sorts[e.kind[k]])];
    if (e.messages[k] > 0) {
      what.push(say("lanes.tip_messages", { n: e.messages[k], seq: count(e.seq[k]) }));
      what.push(say("lanes.tip_age", { age: within((at - e.made[k]) / 1000, clock.error / 1000) }));
    }
    if (e.payload[k] > 0) what.push(say("lanes.tip_payload", { bytes: bytes(e.payload[k]) }));
    const asks = sorts[e.kind[k]] === "request";
    const inspector = this.#lab.panel("inspector");
    const seen = inspector instanceof Inspector ? inspector.recorded(row.lane, e.seq[asks ? e.slot(i + 1) : k]) : null;
    if (seen && (asks ? seen.in : seen.out) > 0) what.push(say("lanes.tip_socket", { bytes: bytes(asks ? seen.in : seen.out) }));
    return what.join(" · ");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const row = this.#rows.find(({ picture }) => picture.window === event.target);
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {Record<string, () => void>} */
    const keys = {
      " ": () => this.#freeze(!this.#view.frozen),
      ArrowLeft: () => this.#step(row, -1, event.shiftKey),
      ArrowRight: () => this.#step(row, 1, event.shiftKey),
      ArrowUp: () => this.#look(row, -1),
      ArrowDown: () => this.#look(row, 1),
      Enter: () => this.#select(),
      "+": () => this.#zoom(-1),
      "-": () => this.#zoom(1),
      Escape: () => (this.#chosen ? this.#choose(null) : this.#freeze(false)),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** The arrow before or after, and time stands still for it. @param {Row} row @param {number} by @param {boolean} whole only what brought messages */
  #step(row, by, whole) {
    if (!this.#view.frozen) this.#freeze(true);
    const e = row.picture.exchanges;
    const brought = (/** @type {number} */ i) => !whole || e.messages[e.slot(i)] > 0;
    let i = this.#chosen?.row === row ? this.#chosen.i + by : e.end - 1;
    while (i >= e.start && i < e.end && !brought(i)) i += by;
    if (i < e.start || i >= e.end) return;
    this.#view.reveal(e.at[e.slot(i)]);
    this.#choose({ row, i });
    this.restyle();
  }

  /** The lane above or below, about the same time: the next arrow there, however far. @param {Row} row @param {number} by */
  #look(row, by) {
    const next = this.#rows[this.#rows.indexOf(row) + by];
    if (!next) return;
    const x = this.#chosen?.row === row ? row.picture.place(this.#chosen.i) : -1;
    next.picture.window.focus();
    if (x < 0) return;
    const i = next.picture.at(x, Infinity);
    const e = next.picture.exchanges;
    if (i >= 0 && this.#view.frozen) this.#view.reveal(e.at[e.slot(i)]);
    this.#choose({ row: next, i });
    this.restyle();
  }
}

/** The next round number. @param {number} v */
function round(v) {
  const power = 10 ** Math.floor(Math.log10(v));
  return (rounds.find((factor) => factor * power >= v) ?? 10) * power;
}
