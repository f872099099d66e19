// @ts-check
// What happened on the wire, for as long as the strip shows it: a ring of arrows, and the connections that were held
// meanwhile. It counts; chart/lifelines.js draws. Pure.

/** @typedef {import("./transport/transport.js").Exchange} Exchange */

/** The kinds of exchange, as stored: an index into this list. */
export const kinds = /** @type {const} */ (["request", "messages", "empty", "open", "end", "error", "command", "reply"]);

const request = kinds.indexOf("request");

export class Exchanges {
  /** arrows ever added; arrow i is in slot(i) */
  end = 0;
  /** holds ever begun; hold i is in hold(i) */
  held = 0;

  #capacity;
  #holds;
  /** @type {number[]} per technique: the hold that is not over, or -1 */
  #running;
  #lasting;

  /**
   * @param {boolean[]} lasting per technique: whether its connection lasts. It is held from "open" until it ends, and
   *   many messages come on it; the others hold a request until its answer
   * @param {number} [capacity] arrows
   */
  constructor(lasting, capacity = 2048) {
    this.#lasting = lasting;
    this.#capacity = capacity;
    this.at = new Float64Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.technique = new Uint8Array(capacity);
    this.messages = new Uint16Array(capacity);
    this.payload = new Uint32Array(capacity);
    /** of the newest message that an arrow brought: its number in its epoch, and when it was made (Unix milliseconds) */
    this.seq = new Float64Array(capacity);
    this.made = new Float64Array(capacity);
    this.#holds = capacity / 2;
    this.from = new Float64Array(this.#holds);
    this.to = new Float64Array(this.#holds);
    this.owner = new Uint8Array(this.#holds);
    this.#running = lasting.map(() => -1);
  }

  /** The oldest arrow still here. */
  get start() {
    return Math.max(0, this.end - this.#capacity);
  }

  /** The oldest hold still here. */
  get heldStart() {
    return Math.max(0, this.held - this.#holds);
  }

  /** @param {number} i */
  slot(i) {
    return i % this.#capacity;
  }

  /** @param {number} i */
  hold(i) {
    return i % this.#holds;
  }

  /**
   * @param {number} technique its place among the five
   * @param {Exchange} exchange
   */
  add(technique, exchange) {
    const i = this.slot(this.end++);
    this.at[i] = exchange.at;
    this.kind[i] = kinds.indexOf(exchange.kind);
    this.technique[i] = technique;
    this.messages[i] = Math.min(65535, exchange.messages);
    this.payload[i] = exchange.payload;
    this.seq[i] = this.made[i] = NaN;

    switch (exchange.kind) {
      case "request":
        this.release(technique, exchange.at);
        if (!this.#lasting[technique]) this.begin(technique, exchange.at);
        break;
      case "open":
        this.release(technique, exchange.at);
        this.begin(technique, exchange.at);
        break;
      case "messages":
      case "empty":
        if (!this.#lasting[technique]) this.release(technique, exchange.at);
        break;
      case "end":
      case "error":
        this.release(technique, exchange.at);
        break;
    }
  }

  /**
   * What the newest arrow brought. The messages of an arrow are handed over behind it.
   * @param {import("./message.js").Message} message
   */
  note({ seq, at }) {
    if (this.end === 0) return;
    const i = this.slot(this.end - 1);
    this.seq[i] = seq;
    this.made[i] = at;
  }

  /** These arrows and holds as they are now, for who looks at them while others come. */
  copy() {
    const copy = new Exchanges(this.#lasting, this.#capacity);
    copy.end = this.end;
    copy.held = this.held;
    for (const name of /** @type {const} */ (["at", "kind", "technique", "messages", "payload", "seq", "made", "from", "to", "owner"])) {
      copy[name].set(this[name]);
    }
    return copy;
  }

  /**
   * That technique holds something since then.
   * @param {number} technique
   * @param {number} at
   */
  begin(technique, at) {
    const i = this.held++;
    const k = this.hold(i);
    this.from[k] = at;
    this.to[k] = Infinity;
    this.owner[k] = technique;
    this.#running[technique] = i;
  }

  /**
   * That technique holds nothing any more.
   * @param {number} technique
   * @param {number} at
   */
  release(technique, at) {
    const i = this.#running[technique];
    if (i >= 0 && i >= this.heldStart) this.to[this.hold(i)] = at;
    this.#running[technique] = -1;
  }

  /**
   * Only this technique holds something now; the others have been let go.
   * @param {number} technique -1: none does
   * @param {number} at
   */
  only(technique, at) {
    for (let t = 0; t < this.#running.length; t++) if (t !== technique) this.release(t, at);
  }

  /**
   * Requests per second of one technique.
   * @param {number} technique
   * @param {number} now
   * @param {number} span milliseconds to look back
   * @returns {number}
   */
  requestRate(technique, now, span) {
    let n = 0;
    let since = now;
    for (let i = this.end - 1; i >= this.start; i--) {
      const k = this.slot(i);
      if (now - this.at[k] > span) {
        since = now - span;
        break;
      }
      if (this.kind[k] !== request || this.technique[k] !== technique) continue;
      n++;
      since = this.at[k];
    }
    // Of a technique that was chosen a moment ago, what it has done since then; over less than a second that is no rate.
    const seconds = (now - since) / 1000;
    return seconds >= 1 ? n / seconds : NaN;
  }
}
