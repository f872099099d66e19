// @ts-check
// Goes the way to the server by each of the five, asking for messages as they are, and notes what arrives when. It judges
// nothing.

import { Lines } from "../transport/lines.js";

/** @typedef {import("./diagnosis.js").Observation} Observation */
/** @typedef {import("./diagnosis.js").Field} Field */
/** @typedef {import("../transport/transport.js").Technique} Technique */

const message = /^(?:data: ?)?\{"id":"([^"]+)","at":(\d+)/;

/** A request that a browser makes by itself when nobody says otherwise: nothing is cached. @param {URL} url @param {AbortSignal} signal */
const ask = (url, signal) => fetch(url, { cache: "no-store", signal });

/** @param {URL} base @param {string} name @param {Record<string, string>} [query] */
function address(base, name, query = {}) {
  const url = new URL(name, base);
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return url;
}

/**
 * Our request as the server saw it, and the head of its answer as we see it; the server's clock by the quickest of five.
 * @param {URL} base ends in api/v1/
 * @param {AbortSignal} signal
 */
export async function arrival(base, signal) {
  let [best, offset] = [Infinity, NaN];
  /** @type {any} */
  let arrived;
  /** @type {Field[]} */
  let answer = [];
  for (let i = 0; i < 5; i++) {
    const asked = performance.now();
    const response = await ask(address(base, "path"), signal);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    arrived = await response.json();
    const trip = performance.now() - asked;
    if (trip < best) [best, offset] = [trip, asked + trip / 2 - arrived.now];
    answer = [...response.headers].map(([name, value]) => ({ name, value }));
  }
  return { arrived, answer, offset, trip: best };
}

/**
 * @param {URL} base
 * @param {Technique} technique
 * @param {number} time milliseconds to look on
 * @param {number} interval milliseconds between two messages at the source
 * @param {AbortSignal} signal
 * @returns {Promise<Observation>}
 */
export async function observe(base, technique, time, interval, signal) {
  /** @type {Observation} */
  const seen = { technique, asked: performance.now(), ended: NaN, whole: false, status: 0, encoding: "", messages: [], trip: 0 };
  const end = AbortSignal.any([signal, AbortSignal.timeout(time)]);
  const way = { polling: poll, longpolling: poll, streaming: read, sse: read, websocket: listen }[technique];
  try {
    await way(base, technique, seen, interval, end);
  } catch {
    // It was ended, by us or by somebody else: what it saw is what counts.
  }
  seen.ended = performance.now();
  seen.whole = end.aborted;
  signal.throwIfAborted();
  seen.trip = await trip(base, signal);
  return seen;
}

/** How long a short answer takes, milliseconds: the middle one of three. @param {URL} base @param {AbortSignal} signal */
async function trip(base, signal) {
  /** @type {number[]} */
  const took = [];
  while (took.length < 3) {
    const asked = performance.now();
    await ask(address(base, "path"), signal).then((response) => response.text()).catch(() => {}); // that it fails is another's to find
    signal.throwIfAborted();
    took.push(performance.now() - asked);
  }
  return took.sort((a, b) => a - b)[1];
}

/** @typedef {(base: URL, technique: Technique, seen: Observation, interval: number, end: AbortSignal) => Promise<void>} Way */

/** @param {Observation} seen @param {Response} response */
function head(seen, response) {
  seen.status = response.status;
  seen.encoding = response.headers.get("Content-Encoding") ?? seen.encoding;
}

/** @type {Way} */
async function poll(base, technique, seen, interval, end) {
  /** @type {Record<string, string>} */
  const query = { compress: "off" };
  while (!end.aborted) {
    const response = await ask(address(base, technique, query), end);
    head(seen, response);
    if (!response.ok) return;
    if (response.status !== 204) {
      const answer = await response.json();
      const received = performance.now();
      for (const { at } of answer.messages) seen.messages.push({ at, received });
      query.after = answer.cursor;
    }
    if (technique === "polling") await new Promise((resolve) => setTimeout(resolve, interval));
  }
}

/** @type {Way} */
async function read(base, technique, seen, _interval, end) {
  const response = await ask(address(base, technique, { compress: "off" }), end);
  head(seen, response);
  if (!response.ok || !response.body) return;
  const lines = new Lines();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const received = performance.now();
    for (const line of lines.push(value)) {
      const match = message.exec(line);
      if (match) seen.messages.push({ at: Number(match[2]), received });
    }
  }
}

/** @type {Way} */
function listen(base, technique, seen, _interval, end) {
  const url = address(base, technique, { compress: "off" });
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.onopen = () => (seen.encoding = socket.extensions);
    socket.onmessage = ({ data }) => {
      const match = message.exec(data);
      if (match) seen.messages.push({ at: Number(match[2]), received: performance.now() });
    };
    socket.onclose = () => resolve();
    end.addEventListener("abort", () => {
      if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close(1000); // or the console complains
      else socket.close(1000);
      resolve();
    });
  });
}

/**
 * How long an answer lives on which nothing is said.
 * @param {URL} base
 * @param {number} time milliseconds it would
 * @param {AbortSignal} signal
 * @returns {Promise<{silence: number, cut: boolean}>} milliseconds
 */
export async function silence(base, time, signal) {
  const began = performance.now();
  try {
    const response = await ask(address(base, "path", { silent: `${time}ms` }), signal);
    JSON.parse(await response.text()); // half of it is none
    return { silence: performance.now() - began, cut: !response.ok };
  } catch {
    signal.throwIfAborted();
    return { silence: performance.now() - began, cut: true };
  }
}
