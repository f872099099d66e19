// @ts-check
// What wraps a message once a connection is held: a chunk's length, field names, or a frame's head.

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "framing",
  claims: [8, 17],
  lanes: ["sse.plain", "websocket.plain"],
  seconds: (interval) => 15 * interval,
  guess: { choices: ["websocket", "same", "sse"] },
  meter: true,
  async run(stage, seconds) {
    const seen = await stage.watch(seconds);
    const each = (/** @type {string} */ key, /** @type {"framing" | "payload"} */ part) => {
      const figures = /** @type {import("../figures.js").Figures} */ (seen(key).figures);
      return figures.bytes.out[part] / figures.messages;
    };
    const [sse, websocket] = [each("sse.plain", "framing"), each("websocket.plain", "framing")];
    const long = each("websocket.plain", "payload");
    return [
      { figure: "framing_websocket", unit: "bytes", measured: websocket, expected: long < 126 ? 2 : long < 65_536 ? 4 : 10, formula: "RFC 6455" },
      { figure: "framing_sse", unit: "bytes", measured: sse, expected: null, formula: "" },
      { choice: sse > websocket ? "websocket" : sse < websocket ? "sse" : "same" },
    ];
  },
};
