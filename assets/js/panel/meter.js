// @ts-check
// What the technique in use costs: bytes as the server counts them on its side of the socket, ages as this page sees
// them. What is not known is a dash.

import { bytes, byteParts, count, delay, rate } from "../format.js";
import { caption } from "../words/words.js";
import { attribute, field, one, write } from "./dom.js";

/**
 * One technique in the answer of GET wire.
 * @typedef {object} Cost
 * @property {number} requests
 * @property {number} messages
 * @property {{in: Way, out: Way}} bytes
 * @property {"socket" | "body"} measured
 */
/** @typedef {{total: number, head: number, framing: number, payload: number}} Way */

const parts = /** @type {const} */ (["head", "framing", "payload"]);

export class Meter {
  #root = one("#meter");
  #requests = field("requests", this.#root);
  #requestRate = field("request-rate", this.#root);
  #perMessage = field("per-message", this.#root);
  #byteRate = field("byte-rate", this.#root);
  #median = field("age-50", this.#root);
  #p99 = field("age-99", this.#root);
  #provenance = field("provenance", this.#root);
  #figures = parts.map((part) => field(part, this.#root));
  #bars = parts.map((part) => one(`rect.split-${part}`, this.#root));
  /** the answer before, for the rate */
  #before = { technique: "", total: 0, at: 0 };

  /**
   * @param {string} technique in use
   * @param {any} answer of GET wire; null when the server does not measure
   * @param {number} now
   */
  show(technique, answer, now) {
    /** @type {Cost | undefined} */
    const cost = answer?.transports?.[technique];
    // A dashboard inside another program does not see the connection: heads and frames are unknown there, not none.
    const seen = cost?.measured !== "body";
    caption(this.#provenance, !answer ? "host.not_measured" : seen ? "host.measured" : "host.bodies_only");
    write(this.#requests, count(cost?.requests));
    const sums = parts.map((part) => (cost?.bytes && (seen || part === "payload") ? cost.bytes.in[part] + cost.bytes.out[part] : NaN));
    const total = cost?.bytes && seen ? cost.bytes.in.total + cost.bytes.out.total : NaN;
    const whole = sums.reduce((a, b) => a + (b || 0), 0);
    let left = 0;
    sums.forEach((sum, i) => {
      write(this.#figures[i], bytes(sum));
      const width = whole > 0 ? (100 * (sum || 0)) / whole : 0;
      attribute(this.#bars[i], "x", left.toFixed(2));
      attribute(this.#bars[i], "width", width.toFixed(2));
      left += width;
    });
    write(this.#perMessage, byteParts(cost && cost.messages > 0 ? total / cost.messages : NaN).join(" ").trim());
    const same = this.#before.technique === technique && total >= this.#before.total;
    const seconds = (now - this.#before.at) / 1000;
    write(this.#byteRate, rate(same && seconds > 0.5 ? (total - this.#before.total) / seconds : NaN));
    this.#before = { technique, total, at: now };
  }

  /** The server did not answer: what is here is from before. */
  stale() {
    caption(this.#provenance, "host.no_answer");
  }

  /**
   * @param {number} median seconds
   * @param {number} p99
   * @param {number} requestRate per second, as this page asks
   */
  ages(median, p99, requestRate) {
    write(this.#median, delay(median));
    write(this.#p99, delay(p99));
    write(this.#requestRate, Number.isNaN(requestRate) ? "—" : `${requestRate.toFixed(1)}/s`);
  }
}
