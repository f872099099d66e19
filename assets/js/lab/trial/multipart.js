// @ts-check
// Multipart: each part replaces the one before. Browsers do that with pictures only, and messages are text: so the parts
// are read here by a script, as any program would.

import { newId } from "../../viewer.js";

/** Parts to wait for. */
const wanted = 6;

/** @type {import("../stage.js").Piece} */
export default {
  name: "multipart",
  claims: [10],
  lanes: [],
  async run(stage) {
    const viewer = newId();
    const end = new AbortController();
    stage.hold(() => end.abort());
    const answer = await fetch(stage.url("streaming", { as: "multipart", viewer, compress: "off" }), { cache: "no-store", signal: end.signal });
    const boundary = `--${/boundary=([^;]*)/.exec(answer.headers.get("Content-Type") ?? "")?.[1]}`;
    let parts = 0;
    const reading = read(answer, (text) => (parts += text.split(boundary).length - 1)).catch(() => {}); // it is ended by us
    await stage.until(() => parts > wanted, 5 + wanted * stage.interval); // the first boundary has no part before it
    const figures = await stage.cost(viewer, "streaming");
    end.abort();
    await reading;
    return [
      { figure: "parts_multipart", measured: Math.max(0, parts - 1) },
      { figure: "framing_multipart", unit: "bytes", measured: figures ? figures.bytes.out.framing / figures.messages : NaN },
    ];
  },
};

/** Hands over whole lines, so that no boundary is cut in two. @param {Response} answer @param {(text: string) => void} got */
async function read(answer, got) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const text = rest + decoder.decode(value, { stream: true });
    const whole = text.lastIndexOf("\n") + 1;
    rest = text.slice(whole);
    got(text.slice(0, whole));
  }
}
