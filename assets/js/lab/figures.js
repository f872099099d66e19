// @ts-check
// What the meter says of a lane, as one sum: over the techniques it has used and over the meters that have counted, less
// what was counted before it was set to zero. Pure.

/** @typedef {{total: number, head: number, framing: number, payload: number, tls?: number}} Way tls: beside the total, where there is TLS */
/**
 * What a lane has cost, as the server counted it on its socket. The fields behind `bytes` are only there where the kernel
 * tells.
 * @typedef {object} Figures
 * @property {number} requests
 * @property {number} connections
 * @property {number} messages
 * @property {{in: Way, out: Way}} bytes
 * @property {{in: number, out: number}} [packets]
 * @property {number} [retransmits]
 * @property {number} [rtt_ms]
 * @property {number} [min_rtt_ms]
 * @property {number} [unsent] bytes in the kernel's queue
 * @property {string} [measured] "body" where heads cannot be seen
 */

const counts = /** @type {const} */ (["requests", "connections", "messages"]);
const ways = /** @type {const} */ (["in", "out"]);
const parts = /** @type {const} */ (["total", "head", "framing", "payload"]);

/** @returns {Figures} */
function nothing() {
  const way = () => ({ total: 0, head: 0, framing: 0, payload: 0 });
  return { requests: 0, connections: 0, messages: 0, bytes: { in: way(), out: way() } };
}

/**
 * a + sign × b. What either has not is not there; what is no count is a's own.
 * @param {Figures} a @param {Figures} b @param {1 | -1} sign
 * @returns {Figures}
 */
function combine(a, b, sign) {
  /** @type {Figures} */
  const sum = { ...a, bytes: { in: { ...a.bytes.in }, out: { ...a.bytes.out } } };
  for (const name of counts) sum[name] += sign * b[name];
  for (const way of ways) {
    for (const part of parts) sum.bytes[way][part] += sign * b.bytes[way][part];
    const [one, other] = [a.bytes[way].tls, b.bytes[way].tls];
    if (one !== undefined || other !== undefined) sum.bytes[way].tls = (one ?? 0) + sign * (other ?? 0);
  }
  if (b.requests > 0 && !b.packets) delete sum.packets; // of what it counted nobody knows them
  if (b.requests > 0 && b.retransmits === undefined) delete sum.retransmits;
  if (a.packets && b.packets) sum.packets = { in: a.packets.in + sign * b.packets.in, out: a.packets.out + sign * b.packets.out };
  if (a.retransmits !== undefined && b.retransmits !== undefined) sum.retransmits = a.retransmits + sign * b.retransmits;
  return sum;
}

/**
 * With what was said upwards, whichever way: a WebSocket has that in its own bytes, of the others it is counted apart.
 * @param {any} answer of GET wire
 * @param {readonly string[]} techniques that count
 * @returns {Figures}
 */
export function total(answer, techniques) {
  /** @type {Figures[]} */
  const there = techniques.map((technique) => answer?.transports?.[technique]).filter(Boolean);
  const sum = there.length === 0 ? nothing() : there.reduce((sum, figures) => combine(figures, sum, 1));
  const said = answer?.commands;
  if (!said) return sum;
  // It came by other connections, of which the kernel tells nothing here: packets are those of what came down.
  const { packets, retransmits } = sum;
  return { ...combine(sum, { ...said, connections: 0, messages: 0 }, 1), ...(packets && { packets }), ...(retransmits !== undefined && { retransmits }) };
}

/** What a viewer has cost by all meters that have counted it: a server that was started again has another, from nothing. */
export class Account {
  /** @type {Figures | null} */
  sum = null;
  /** by the meters before @type {Figures | null} */
  #before = null;
  /** the last answer @type {Figures | null} */
  #last = null;
  #since = NaN;

  /**
   * @param {Figures} figures by the meter there is now
   * @param {number} since when it began; NaN where it does not say
   * @returns {Figures} by all of them
   */
  take(figures, since) {
    const last = this.#last;
    // A server that goes on may have forgotten a viewer meanwhile.
    if (last && (counts.some((name) => figures[name] < last[name]) || (since !== this.#since && !Number.isNaN(since - this.#since)))) this.#before = this.sum;
    this.#last = figures;
    this.#since = since;
    // One that has not heard of the viewer yet has nothing to say.
    this.sum = this.#before === null ? figures : figures.requests === 0 ? this.#before : combine(figures, this.#before, 1);
    return this.sum;
  }
}

/**
 * Less one request and one connection, as far as they are held: they go on, so whoever counts from now on counts them too.
 * @param {Figures} figures
 * @param {{request: boolean, connection: boolean}} held
 * @returns {Figures}
 */
export function without(figures, { request, connection }) {
  const less = (/** @type {number} */ n, /** @type {boolean} */ held) => Math.max(0, n - Number(held));
  return { ...figures, requests: less(figures.requests, request), connections: less(figures.connections, connection) };
}

/**
 * @param {Figures} now
 * @param {Figures | null} before
 * @returns {Figures}
 */
export function since(now, before) {
  return before ? combine(now, before, -1) : now;
}
