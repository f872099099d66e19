// @ts-check
// The wire lab: several viewers of the same data at once, each in a lane of its own, and the panels that show, provoke and
// measure them. It keeps the lanes and tells the panels what happens; what it looks like is theirs.

import { make } from "../panel/dom.js";
import { holding } from "../slots.js";
import { techniques } from "../transport/transport.js";
import { load } from "../words/words.js";
import { Clock } from "./clock.js";
import { kinds } from "./kinds.js";
import { Lane } from "./lane.js";
import { dress, panels } from "./panels.js";
import { Pings } from "./pings.js";
import { thin, whole } from "./thin.js";

/** @typedef {import("../message.js").Message} Message */
/** @typedef {import("../transport/transport.js").Exchange} Exchange */
/** @typedef {import("../viewer.js").Viewer} Viewer */
/** @typedef {import("./kinds.js").Kind} Kind */
/** @typedef {import("./panels.js").Panel} Panel */

/**
 * What happens, as CustomEvents; `detail` is:
 * message {lane, message}; exchange {lane, exchange}; state {lane, state}; answer {lane, answer} to a command on the lane's
 * own connection; figures {lane, figures, answer} (once a second what the meter has of a lane, since its reset, and its answer
 * as it came); fault {lane, fault, at} (lane null: all of them); faults {faults, over} (what the server says is in force, and was until a few seconds ago, whoever did it); lanes {} (there are others than before); reset {lane};
 * plays {name, lanes} (a lesson or a trial begins that needs lanes of these keys; "": it has ended);
 * room {} (more or fewer connections are free than before); select {lane, exchange} (somebody wants to know more about an arrow; exchange null: no longer).
 */
export class Lab extends EventTarget {
  /** @type {Lane[]} in the order they stand on screen */
  lanes = [];
  /** the lesson or the trial that has the stage; "": none */
  playing = "";
  clock = new Clock();
  slots;
  api;
  frame;
  base;
  config;
  /** which the page is to show */
  lesson;

  #root;
  /** the page's own, which is a lane's while the lab is on screen */
  #viewer;
  #pings;
  /** @type {{root: HTMLElement, panel: Panel, seen: boolean}[]} */
  #panels = [];
  #open = false;
  #asking = false;
  /** @type {Promise<void> | undefined} */
  #ready;

  /**
   * @param {HTMLElement} root where the panels go
   * @param {object} page
   * @param {import("../api.js").API} page.api
   * @param {import("../frame.js").Frame} page.frame
   * @param {URL} page.base ends in api/v1/
   * @param {import("../config.js").Config} page.config
   * @param {Viewer} page.viewer
   * @param {import("../slots.js").Slots} page.slots
   * @param {import("../panel/lesson.js").Lesson} page.lesson
   */
  constructor(root, { api, frame, base, config, viewer, slots, lesson }) {
    super();
    this.slots = slots;
    this.#root = root;
    this.#viewer = viewer;
    this.api = api;
    this.frame = frame;
    this.base = base;
    this.config = config;
    this.lesson = lesson;
    this.#pings = new Pings(this);
    for (const technique of techniques) if (config.techniques.includes(technique)) this.#make(technique);
    slots.addEventListener("change", () => this.#room());
    frame.every(1000, (now) => this.#second(now));
  }

  /** Whether it is on screen. */
  get isOpen() {
    return this.#open;
  }

  /** @param {string} key a technique, or technique.variant */
  lane(key) {
    return this.lanes.find((lane) => lane.key === key);
  }

  /** A panel by its name, for those that build on what it has. @param {string} name */
  panel(name) {
    return this.#panels.find(({ root }) => root.id === `lab-${name}`)?.panel;
  }

  /** One more lane. @param {string} key of one of the kinds */
  add(key) {
    const lane = this.lane(key) ?? this.#make(key);
    this.tell("lanes", {});
    if (this.#open) this.launch(lane);
    return lane;
  }

  /** Lets a lane connect, as soon as the browser has a connection for it. @param {Lane} lane */
  launch(lane) {
    if (!lane.page && holding.has(lane.technique) && !this.slots.take(lane.key, () => lane.queue())) lane.queue();
    else lane.start();
  }

  /** @param {Lane} lane */
  remove(lane) {
    if (lane.page) return; // the page watches through it
    lane.stop();
    this.lanes = this.lanes.filter((other) => other !== lane);
    this.tell("lanes", {});
  }

  /** It is on screen from now on. */
  async open() {
    if (this.#open) return;
    this.#open = true;
    this.follow(this.#viewer.technique);
    for (const lane of this.lanes) this.launch(lane);
    this.#pings.start();
    await (this.#ready ??= this.#build());
    if (this.#open) for (const { panel } of this.#panels) panel.opened?.();
  }

  /** It is not on screen any more: what only it has watched is let go. */
  close() {
    if (!this.#open) return;
    this.#open = false;
    this.#pings.stop();
    for (const lane of this.lanes) lane.end();
    for (const { panel } of this.#panels) panel.closed?.();
    // What the page shows is not to be thinner for what was tried here, whichever lane it was tried on.
    const viewer = this.#viewer;
    if (viewer.every > 0 || viewer.conflate) thin(this.api, viewer, whole).catch(() => {});
  }

  /**
   * The page's own viewer goes over to another technique: it is the lane of that one now, so that nobody holds a
   * connection twice. What plays keeps the lanes that it has: then it is so when that has ended.
   * @param {import("../transport/transport.js").Technique} technique
   */
  follow(technique) {
    const next = this.lane(technique);
    if (!this.#open || this.playing || !next || next.page) return;
    const before = this.lanes.find((lane) => lane.page);
    before?.end();
    next.adopt(this.#viewer);
    if (before) this.launch(before);
    this.tell("lanes", {});
  }

  /** @param {string} name of what has the stage now; "": nothing @param {string[]} lanes that it needs */
  plays(name, lanes) {
    this.playing = name;
    this.tell("plays", { name, lanes });
    this.follow(this.#viewer.technique); // which may be another by now
    this.#room(); // what was given back meanwhile
  }

  restyle() {
    for (const { panel } of this.#panels) panel.restyle?.();
  }

  /**
   * @param {string} type one of those above
   * @param {object} detail
   */
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /**
   * @template [T=any]
   * @param {string} type one of those above
   * @param {(detail: T) => void} listener
   */
  on(type, listener) {
    this.addEventListener(type, (event) => listener(/** @type {CustomEvent} */ (event).detail));
  }

  /** Connections were taken or given back, here or in another tab. */
  #room() {
    if (!this.#open) return;
    // Nobody walks onto a stage in the middle of the play.
    for (const lane of this.playing ? [] : this.lanes) if (lane.queued && this.slots.room > 0) this.launch(lane);
    this.tell("room", {});
  }

  /** @param {string} key */
  #make(key) {
    const kind = kinds.find((kind) => kind.key === key);
    if (!kind) throw new Error(`there is no lane ${key}`);
    const lane = new Lane(kind, this);
    this.lanes = [...this.lanes, lane];
    return lane;
  }

  async #build() {
    await Promise.all([dress(), load("lab", ...panels.map(({ name }) => name))]);
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const found = this.#panels.find(({ root }) => root === entry.target);
        if (found) found.seen = entry.isIntersecting;
      }
    });
    for (const { name, Panel } of panels) {
      const root = make("section", `panel lab-${name}`);
      root.id = `lab-${name}`;
      this.#root.append(root);
      try { // one panel that cannot be there is no reason for the others not to
        this.#panels.push({ root, panel: /** @type {Panel} */ (new Panel(root, this)), seen: false });
        seen.observe(root);
      } catch (error) {
        root.remove();
        reportError(error);
      }
    }
  }

  /** @param {number} now */
  #second(now) {
    if (!this.#open) return;
    this.#measure();
    for (const { panel, seen } of this.#panels) if (seen) panel.show?.(now);
  }

  /** What the meter has, lane by lane: never two questions at a time, because the lanes need the connections. */
  async #measure() {
    if (this.#asking) return;
    this.#asking = true;
    for (const lane of this.lanes) if (!Number.isNaN(lane.began) && this.#open) await lane.measure();
    this.#asking = false;
  }
}
