// @ts-check
// Server-Sent Events let the browser do the work: EventSource cuts the events apart, remembers the last id, reconnects
// after the time the server asked for and says where it was. Only when it gives up for good does the page step in.

import { Backoff, sleep } from "./backoff.js";
import { address, byteLength, report } from "./transport.js";

/** @type {import("./transport.js").Connect} */
export async function connect(line) {
  const backoff = new Backoff();
  line.state("connecting");
  while (!line.signal.aborted) {
    await listen(line, backoff);
    if (line.signal.aborted) return;
    await sleep(backoff.next(), line.signal);
  }
}

/**
 * One EventSource, until the signal aborts or the browser closes it: it does so for ever at any status but 200.
 * @param {import("./transport.js").Line} line
 * @param {Backoff} backoff
 * @returns {Promise<void>}
 */
function listen(line, backoff) {
  return new Promise((resolve) => {
    const source = new EventSource(address("sse", line));
    report(line, "up", "request");
    const close = () => {
      source.close();
      line.signal.removeEventListener("abort", close);
      resolve();
    };
    line.signal.addEventListener("abort", close);
    source.onopen = () => {
      backoff.opened();
      report(line, "down", "open");
      line.state("open");
    };
    source.onmessage = (event) => {
      report(line, "down", "messages", 1, byteLength(event.data));
      line.message(JSON.parse(event.data));
    };
    source.onerror = () => {
      report(line, "down", "error");
      line.state("waiting");
      if (source.readyState === EventSource.CLOSED) close();
      else report(line, "up", "request"); // the browser asks again by itself, and does not say when
    };
  });
}
