// @ts-check
// Streaming reads one response that never ends, a message a line. The page cuts the lines apart and reconnects by
// itself: the browser sees a download that takes long.

import { Refused } from "./ask.js";
import { Backoff, sleep } from "./backoff.js";
import { Lines } from "./lines.js";
import { address, byteLength, report } from "./transport.js";

/** @type {import("./transport.js").Connect} */
export async function connect(line) {
  const backoff = new Backoff();
  line.state("connecting");
  while (!line.signal.aborted) {
    let floor = 0;
    try {
      report(line, "up", "request");
      const response = await fetch(address("streaming", line), { signal: line.signal, cache: "no-store", headers: line.headers });
      if (!response.ok || !response.body) throw new Refused(response);
      report(line, "down", "open");
      line.state("open");
      backoff.opened();
      await read(response.body.getReader(), line);
      report(line, "down", "end");
    } catch (error) {
      if (line.signal.aborted) return;
      report(line, "down", "error");
      if (error instanceof Refused) floor = error.retryAfter;
    }
    line.state("waiting");
    await sleep(backoff.next(floor), line.signal);
  }
}

/**
 * Reads until the response ends, which the server means as "come back later".
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @param {import("./transport.js").Line} line
 */
async function read(reader, line) {
  const lines = new Lines();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const text of lines.push(value)) {
      if (text === "") {
        report(line, "down", "empty"); // a heartbeat
        continue;
      }
      report(line, "down", "messages", 1, byteLength(text));
      line.message(JSON.parse(text));
    }
  }
}
