// @ts-check
// A WebSocket leaves HTTP behind after one handshake: small frames, both ways, on one connection. The browser does not
// reconnect it and shows no reason but a close code; backoff and resuming are the page's.

import { Backoff, sleep } from "./backoff.js";
import { decode } from "./cbor.js";
import { address, byteLength, report } from "./transport.js";

const PATIENCE = 3_000; // ms that one nobody wants any more has to come up

/** @type {import("./transport.js").Connect} */
export async function connect(line) {
  const backoff = new Backoff();
  line.state("connecting");
  while (!line.signal.aborted) {
    await converse(line, backoff);
    if (line.signal.aborted) return;
    line.state("waiting");
    await sleep(backoff.next(), line.signal);
  }
}

/**
 * One WebSocket, until it closes.
 * @param {import("./transport.js").Line} line
 * @param {Backoff} backoff
 * @returns {Promise<void>}
 */
function converse(line, backoff) {
  return new Promise((resolve) => {
    const url = address("websocket", line);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, line.binary ? ["fivewire.cbor"] : []);
    socket.binaryType = "arraybuffer";
    report(line, "up", "request");
    const close = () => {
      if (socket.readyState !== WebSocket.CONNECTING) return socket.close(1000);
      // One that is not up yet cannot be closed without a complaint in the console: it is closed as soon as it is. But not for ever:
      // a browser begins the next one to the same server when this one has come up, or is closed.
      socket.onopen = () => socket.close(1000);
      setTimeout(() => socket.close(), PATIENCE);
    };
    line.signal.addEventListener("abort", close);
    socket.onopen = () => {
      backoff.opened();
      report(line, "down", "open");
      line.state("open");
      line.upwards((text) => {
        report(line, "up", "command", 0, byteLength(text));
        socket.send(text);
      });
    };
    socket.onmessage = ({ data }) => {
      const binary = typeof data !== "string";
      const message = binary ? decode(data) : JSON.parse(data);
      if (!("id" in message)) return line.answer(message);
      report(line, "down", "messages", 1, binary ? data.byteLength : byteLength(data));
      line.message(message);
    };
    socket.onclose = (event) => {
      line.signal.removeEventListener("abort", close);
      if (!line.signal.aborted) line.upwards(null);
      if (!line.signal.aborted) report(line, "down", event.wasClean ? "end" : "error");
      resolve();
    };
  });
}
