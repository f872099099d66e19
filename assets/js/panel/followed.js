// @ts-check
// The process that the reader follows: pinned above the table, with the shape of what it has used since. It is asked for
// when it is not among those that come with each message.

import { Refused } from "../api.js";
import { Spark } from "../chart/spark.js";
import { bytes, percent, rate } from "../format.js";
import { divisor } from "../measures.js";
import { cores, traffic } from "../processlist.js";
import { Store } from "../store.js";
import { caption, say } from "../words/words.js";
import { make, one, reveal, write } from "./dom.js";

/** @typedef {import("../processlist.js").Process} Process */

/** Readings kept, and what the pictures show of them, in milliseconds. */
const capacity = 900;
const shown = 5 * 60_000;
/** Milliseconds between two questions for one that does not come by itself. */
const pause = 2000;

export class Followed {
  #api;
  #frame;
  #changed;
  #box = one("#followed");
  #name = make("b");
  #text = make("span");
  #cpu = make("canvas");
  #memory = make("canvas");
  #store = new Store(capacity, ["cpu", "memory"]);
  #sparks;
  /** the process, "" nobody's; and when it began, where that is known */
  pid = "";
  #started = NaN;
  #asked = -Infinity;
  #asking = new AbortController();
  #ended = false;

  /**
   * @param {import("../api.js").API} api
   * @param {import("../frame.js").Frame} frame
   * @param {() => void} changed another one is followed, or none
   */
  constructor(api, frame, changed) {
    this.#api = api;
    this.#frame = frame;
    this.#changed = changed;
    const stop = make("button", "toggle");
    stop.type = "button";
    stop.dataset.testid = "unfollow";
    caption(stop, "tables.unfollow");
    stop.addEventListener("click", () => this.follow(""));
    for (const canvas of [this.#cpu, this.#memory]) canvas.setAttribute("aria-hidden", "true");
    this.#box.append(this.#name, this.#text, make("span", "followed-picture", this.#cpu), make("span", "followed-picture", this.#memory), stop);
    const mark = () => frame.draw(this.#draw);
    this.#sparks = [
      new Spark(this.#cpu, this.#store, [{ name: "cpu", ink: "band-1" }], () => NaN, mark),
      new Spark(this.#memory, this.#store, [{ name: "memory", ink: "band-5" }], () => NaN, mark),
    ];
  }

  /**
   * @param {string} pid "" follows none
   * @param {Process} [process] as it is known
   * @returns {boolean} whether that can be a process
   */
  follow(pid, process) {
    if (pid !== "" && !/^[1-9]\d{0,9}$/.test(pid)) return false;
    this.#asking.abort();
    this.pid = pid;
    this.#started = process?.started ?? NaN;
    this.#asked = -Infinity;
    this.#ended = false;
    this.#store.to = this.#store.from;
    write(this.#name, pid && `${process?.name ?? ""} ${pid}`.trim());
    write(this.#text, "");
    reveal(this.#box, pid !== "");
    this.#changed();
    return true;
  }

  /** @param {Process[]} top those that came @param {number} at when */
  show(top, at) {
    if (this.pid === "" || this.#ended) return;
    const found = top.find((p) => String(p.pid) === this.pid);
    if (found) this.#take(found, at);
    else if (performance.now() - this.#asked >= pause) void this.#ask(at);
  }

  restyle() {
    for (const spark of this.#sparks) spark.restyle();
    this.#frame.draw(this.#draw);
  }

  /** @param {number} at */
  async #ask(at) {
    this.#asked = performance.now();
    const { signal } = this.#asking = new AbortController();
    try {
      const found = await this.#api.process(Number(this.pid), signal);
      if (!signal.aborted && found) this.#take(found, at);
    } catch (error) {
      if (!signal.aborted && error instanceof Refused && error.status === 404) this.#end();
    }
  }

  /** @param {Process} p @param {number} at */
  #take(p, at) {
    if (Number.isNaN(this.#started)) this.#started = p.started;
    if (p.started !== this.#started) return this.#end(); // its number is another's now
    const used = cores(p);
    this.#store.append(at, pause, { cpu: used, memory: p.memory });
    write(this.#name, `${p.name} ${p.pid}`);
    write(this.#text, say("tables.followed", { cpu: percent(used == null ? used : used / divisor()), memory: bytes(p.memory), io: rate(traffic(p)) }));
    this.#frame.draw(this.#draw);
  }

  #end() {
    this.#ended = true;
    write(this.#text, say("tables.has_ended"));
  }

  #draw = () => {
    const to = this.#store.newest;
    if (Number.isNaN(to)) return;
    for (const spark of this.#sparks) {
      spark.show(to - shown, to, this.#store);
      spark.draw();
    }
  };
}
