// @ts-check
// The contract of the five techniques, and the list of them. A technique is one module that exports `connect`; it
// knows URLs and bytes, never the page. Its twin of the same name is the Go file on the other end of the wire.

/**
 * What a technique needs, and how it reports. Nothing here may throw.
 * @typedef {object} Line
 * @property {URL} base the folder of the five URLs, ending in "api/v1/"
 * @property {string} viewer this page's id, so that the server's meter can tell its bytes apart
 * @property {() => string} cursor the id of the last message the page has, "" at first: asked anew at each (re)connect
 * @property {(message: object) => void} message one message, as JSON says it, in the order of arrival
 * @property {(exchange: Exchange) => void} exchange something happened on the wire
 * @property {(state: State) => void} state the connection's state changed
 * @property {() => number} every least milliseconds between two messages this page wants; 0 is all of them
 * @property {string} compress "off" to get messages as they are, "" for what the browser offers by itself
 * @property {() => number} interval milliseconds between two messages at the source: polling asks that often
 * @property {boolean} binary CBOR instead of JSON, where the technique can (WebSocket)
 * @property {Record<string, string>} [headers] of each request, where the technique can have any: EventSource and WebSocket cannot
 * @property {() => Phase} phase when polling asks, against the source's own beat
 * @property {(say: ((text: string) => void) | null) => void} upwards how to say something on the connection itself, from
 *   now on; null: no way any more. Only a technique with a way up calls it
 * @property {(answer: object) => void} answer what the server answered to that
 * @property {AbortSignal} signal when it aborts, the technique lets go of the connection and `connect` resolves
 */

/**
 * jitter: about every interval, a tenth more or less, so that pages do not ask in step. lock: on the beat, each time as long
 * after the source's tick as the time before. sweep: each time a little earlier after the tick, through all of the interval.
 * @typedef {"jitter" | "lock" | "sweep"} Phase
 */

/**
 * connecting: asked, no answer yet. open: messages come, or would. waiting: failed, will try again after a backoff.
 * @typedef {"connecting" | "open" | "waiting"} State
 */

/**
 * One arrow of the sequence diagram. `up` is towards the server.
 * @typedef {object} Exchange
 * @property {number} at milliseconds on performance.now()'s clock
 * @property {"up" | "down"} dir
 * @property {"request" | "messages" | "empty" | "open" | "end" | "error" | "command" | "reply"} kind
 *   request: asked (polling, long polling: many; the others: one per connection). messages: messages arrived.
 *   empty: answered with nothing new, or a heartbeat. open: a held connection is there. end: it ended. error: it failed.
 *   command: something said upwards, on a connection that is there (WebSocket only) or by a request of its own. reply: its answer.
 * @property {number} messages how many messages it carried
 * @property {number} payload bytes of those messages, UTF-8, without any framing
 */

/**
 * @callback Connect
 * @param {Line} line
 * @returns {Promise<void>} settles when line.signal aborts, never before
 */

/** The five techniques in the order of their age; the key that chooses one is its place here, from 1. */
export const techniques = /** @type {const} */ (["polling", "longpolling", "streaming", "sse", "websocket"]);

/** @typedef {typeof techniques[number]} Technique */

/** Those whose connection lasts; the others hold a question until its answer. @type {Set<Technique>} */
export const lasting = new Set(["streaming", "sse", "websocket"]);

/**
 * The URL of a technique, with the parameters that all five share.
 * @param {Technique} technique
 * @param {Line} line
 * @returns {URL}
 */
export function address(technique, line) {
  const url = new URL(technique, line.base);
  const after = line.cursor();
  if (after) url.searchParams.set("after", after);
  url.searchParams.set("viewer", line.viewer);
  if (line.compress) url.searchParams.set("compress", line.compress);
  if (line.every() > 0) url.searchParams.set("every", `${line.every()}ms`);
  return url;
}

const encoder = new TextEncoder();

/**
 * How many bytes a text is on the wire.
 * @param {string} text
 */
export function byteLength(text) {
  return encoder.encode(text).length;
}

/**
 * Reports an exchange that happens now.
 * @param {Line} line
 * @param {Exchange["dir"]} dir
 * @param {Exchange["kind"]} kind
 * @param {number} [messages]
 * @param {number} [payload]
 */
export function report(line, dir, kind, messages = 0, payload = 0) {
  line.exchange({ at: performance.now(), dir, kind, messages, payload });
}
