// @ts-check
// What a question costs before it has said anything: heads, both ways, for each poll.

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "heads",
  claims: [3],
  lanes: ["polling.plain", "websocket.plain"],
  seconds: (interval) => 15 * interval,
  guess: { unit: "bytes" },
  meter: true,
  async run(stage, seconds) {
    const seen = await stage.watch(seconds);
    const polling = /** @type {import("../figures.js").Figures} */ (seen("polling.plain").figures);
    const websocket = /** @type {import("../figures.js").Figures} */ (seen("websocket.plain").figures);
    const heads = (/** @type {import("../figures.js").Figures} */ f) => f.bytes.in.head + f.bytes.out.head;
    return [
      { figure: "heads_polling", unit: "bytes", measured: heads(polling) / polling.requests, expected: null, formula: "", guessed: true },
      { figure: "heads_websocket", unit: "bytes", measured: heads(websocket) / websocket.messages, expected: 0, formula: "" },
      { figure: "payload", unit: "bytes", measured: websocket.bytes.out.payload / websocket.messages, expected: null, formula: "" },
    ];
  },
};
