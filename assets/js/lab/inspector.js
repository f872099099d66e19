// @ts-check
// The inspector: one exchange of a lane as the server's socket saw it, taken apart, byte for byte, with what each piece is
// for. It follows the newest until somebody wants to look at one.

import { bytes as amount, clock as time, count } from "../format.js";
import { make, reveal, write } from "../panel/dom.js";
import { caption, follow, say } from "../words/words.js";
import { dissect } from "./dissect.js";
import { named } from "./kinds.js";
import { pieceRow } from "./piecerow.js";

/** @typedef {import("./dissect.js").Recorded} Recorded */
/** @typedef {import("./lane.js").Lane} Lane */

/** How many are asked for while the newest is followed, and when one of them is looked for. */
const few = 4;
const many = 64;

const kinds = /** @type {const} */ (["head", "framing", "payload"]);
/** Pieces in which nothing can be read. */
const packed = new Set(["deflated", "gzip_body"]);

export class Inspector {
  #lab;
  #lanes = make("select", "chart-choice");
  #exchanges = make("select", "chart-choice");
  #newest = make("button", "toggle");
  #hex = make("button", "toggle");
  #note = make("p", "panel-note");
  #sums = make("p", "panel-note inspector-sums");
  #box = make("div", "inspector-box");
  /** what to do when all is compressed */
  #hint = make("p", "panel-note");
  #hinted = make("span");
  #plain = make("button", "toggle");
  /** @type {Lane | undefined} */
  #lane;
  /** @type {Recorded[]} */
  #list = [];
  /** the one on screen @type {Recorded | undefined} */
  #shown;
  #following = true;
  #asHex = false;
  #asking = false;
  /** an arrow that was chosen and is being looked for: when it was, and its message's number @type {{at: number, seq: number} | undefined} */
  #wanted;

  /** @param {HTMLElement} root @param {import("./lab.js").Lab} lab */
  constructor(root, lab) {
    this.#lab = lab;
    root.dataset.testid = "inspector";
    const title = make("h2", "title");
    caption(title, "inspector.title");
    this.#lanes.dataset.testid = "inspector-lane";
    this.#exchanges.dataset.testid = "inspector-exchange";
    this.#exchanges.hidden = true; // until there is something to choose from
    this.#newest.dataset.testid = "inspector-newest";
    this.#hex.dataset.testid = "inspector-hex";
    caption(this.#lanes, "inspector.lane", "data-say-label");
    caption(this.#exchanges, "inspector.exchange", "data-say-label");
    caption(this.#newest, "inspector.newest");
    caption(this.#newest, "inspector.newest_help", "data-say-title");
    caption(this.#hex, "inspector.hex");
    this.#hint.dataset.testid = "inspector-packed";
    this.#plain.dataset.testid = "inspector-plain";
    this.#hint.append(this.#hinted, " ", this.#plain);
    for (const button of [this.#newest, this.#hex, this.#plain]) button.setAttribute("type", "button");
    this.#note.setAttribute("role", "status");
    caption(this.#sums, "inspector.sums_help", "data-say-title");
    this.#box.tabIndex = 0;
    this.#box.setAttribute("role", "region");
    this.#box.dataset.testid = "inspector-bytes";
    caption(this.#box, "inspector.bytes", "data-say-label");
    root.append(make("div", "inspector-head", title, this.#lanes, this.#exchanges, this.#newest, this.#hex), this.#note, this.#sums, this.#hint, this.#box);

    this.#lanes.addEventListener("change", () => this.#use(lab.lane(this.#lanes.value)));
    this.#exchanges.addEventListener("change", () => this.#look(Number(this.#exchanges.value)));
    this.#newest.addEventListener("click", () => this.#follow(!this.#following));
    this.#hex.addEventListener("click", () => {
      this.#asHex = !this.#asHex;
      this.#draw();
    });
    this.#plain.addEventListener("click", () => {
      const technique = this.#shown?.technique;
      if (technique) this.#go(lab.add(`${technique}.plain`));
    });
    lab.on("lanes", () => this.#offer());
    lab.on("select", (/** @type {{lane: Lane | null, exchange: any}} */ { lane, exchange }) => this.#select(lane, exchange));
    follow(() => {
      this.#offer();
      this.#choices();
      this.#draw();
    });
    this.#offer();
    this.#draw();
  }

  show() {
    if (this.#following || this.#wanted) this.#ask();
  }

  /** Which lanes there are. */
  #offer() {
    const { lanes } = this.#lab;
    this.#lanes.replaceChildren(...lanes.map((lane) => new Option(named(lane), lane.key)));
    const lane = (this.#lane && lanes.includes(this.#lane) ? this.#lane : undefined) ?? lanes.find((lane) => lane.page) ?? lanes[0];
    if (lane) this.#lanes.value = lane.key;
    if (lane !== this.#lane) this.#use(lane);
  }

  /** @param {Lane | undefined} lane */
  #use(lane) {
    this.#lane = lane;
    this.#list = [];
    this.#shown = undefined;
    this.#wanted = undefined;
    this.#following = true;
    this.#choices();
    this.#draw();
    this.#ask();
  }

  /** @param {Lane} lane */
  #go(lane) {
    if (lane === this.#lane) return;
    this.#use(lane);
    this.#lanes.value = lane.key;
  }

  /** @param {boolean} following */
  #follow(following) {
    this.#following = following;
    this.#wanted = undefined;
    if (following) this.#ask();
    this.#draw();
  }

  /** Another one of those that are here. @param {number} n */
  #look(n) {
    this.#following = false;
    this.#wanted = undefined;
    this.#shown = this.#list.find((exchange) => exchange.n === n);
    this.#draw();
  }

  /** An arrow was chosen. @param {Lane | null} lane @param {{at: number, seq: number} | null} exchange */
  #select(lane, exchange) {
    if (!lane || !exchange) return;
    this.#go(lane);
    this.#following = false;
    this.#wanted = { at: this.#lab.clock.server(exchange.at), seq: exchange.seq };
    this.#ask();
  }

  async #ask() {
    const lane = this.#lane;
    if (!lane || this.#asking || this.#lab.config.shut) return;
    const { id } = lane.viewer;
    const wanted = this.#wanted;
    this.#asking = true;
    try {
      const answer = await this.#lab.api.get("wire", { viewer: id, exchanges: wanted || !this.#following ? many : few, technique: lane.technique });
      if (lane === this.#lane && id === lane.viewer.id && wanted === this.#wanted) this.#take(answer.exchanges ?? [], answer.recording);
    } catch (error) {
      write(this.#note, say("inspector.failed", { why: error instanceof Error ? error.message : String(error) }));
    } finally {
      this.#asking = false;
    }
    if (this.#wanted && wanted !== this.#wanted) this.#ask(); // chosen meanwhile: it may be newer than that answer
  }

  /** @param {Recorded[]} list @param {{since: number}} recording */
  #take(list, recording) {
    this.#list = list;
    const wanted = this.#wanted;
    if (wanted) {
      this.#wanted = undefined;
      const named = this.#with(wanted.seq);
      const near = list.toSorted((a, b) => Math.abs(a.at - wanted.at) - Math.abs(b.at - wanted.at))[0];
      const found = named ?? (near && Math.abs(near.at - wanted.at) < 1000 ? near : undefined);
      if (found) this.#shown = found;
      this.#choices();
      this.#draw();
      if (!found) write(this.#note, say("inspector.not_recorded", { since: time(recording.since) }));
      return;
    }
    if (this.#following) {
      this.#shown = list.findLast(({ messages }) => messages?.length) ?? list.at(-1);
    }
    this.#choices();
    this.#draw();
  }

  /** The exchange that brought a message. @param {number} seq */
  #with(seq) {
    return this.#list.find(({ messages }) => seq > 0 && messages?.some((id) => id.endsWith(`-${seq}`)));
  }

  /**
   * Bytes each way of the exchange that brought a message, on the server's socket; null where it is none of those here.
   * @param {Lane} lane @param {number} seq
   */
  recorded(lane, seq) {
    const parts = lane === this.#lane ? this.#with(seq)?.parts : undefined;
    if (!parts) return null;
    const sum = (/** @type {"in" | "out"} */ way) => parts.reduce((sum, { dir, bytes }) => (dir === way ? sum + bytes : sum), 0);
    return { in: sum("in"), out: sum("out") };
  }

  /** The exchanges there are to choose from; not while somebody is choosing. */
  #choices() {
    if (document.activeElement === this.#exchanges && this.#following) return;
    const options = this.#list.toReversed().map((exchange) => new Option(this.#title(exchange), String(exchange.n)));
    if (this.#shown && !this.#list.includes(this.#shown)) options.push(new Option(this.#title(this.#shown), String(this.#shown.n)));
    this.#exchanges.replaceChildren(...options);
    reveal(this.#exchanges, options.length > 0);
    if (this.#shown) this.#exchanges.value = String(this.#shown.n);
  }

  /** @param {Recorded} exchange */
  #title({ n, at, messages, parts }) {
    const size = parts.reduce((sum, part) => sum + part.bytes, 0);
    const ids = messages?.map((id) => id.slice(id.lastIndexOf("-") + 1)) ?? [];
    const heard = parts.every(({ dir }) => dir === "in");
    const what = ids.length ? say("inspector.is_message", { n: ids.length, seq: ids[ids.length - 1] }) : say(heard ? "inspector.is_heard" : "inspector.is_other");
    return `#${n} · ${time(at)} · ${what} · ${amount(size)}`;
  }

  #draw() {
    this.#newest.setAttribute("aria-pressed", String(this.#following));
    this.#hex.setAttribute("aria-pressed", String(this.#asHex));
    const shown = this.#shown;
    reveal(this.#sums, Boolean(shown));
    write(this.#note, say(shown ? "inspector.what" : this.#lab.config.shut || "inspector.waiting"));
    const pieces = shown ? dissect(shown) : [];
    reveal(this.#hint, pieces.some(({ what }) => packed.has(what)));
    if (!shown) return this.#box.replaceChildren();
    const plain = named({ technique: /** @type {import("./techniques.js").Technique} */ (shown.technique), variant: "plain" });
    write(this.#hinted, say("inspector.packed", { lane: plain }));
    write(this.#plain, say("inspector.plain"));
    write(this.#sums, (/** @type {const} */ (["in", "out"])).map((dir) => {
      const sizes = kinds.map((kind) => pieces.reduce((sum, piece) => (piece.dir === dir && piece.kind === kind ? sum + piece.size : sum), 0));
      return say(`inspector.sum_${dir}`, { total: count(sizes[0] + sizes[1] + sizes[2]), head: count(sizes[0]), framing: count(sizes[1]), payload: count(sizes[2]) });
    }).join(" "));
    const list = make("ol", "inspector-pieces");
    const offsets = { in: 0, out: 0 };
    for (const piece of pieces) {
      list.append(pieceRow(piece, this.#asHex, offsets[piece.dir]));
      offsets[piece.dir] += piece.size;
    }
    this.#box.replaceChildren(list);
  }
}
