// @ts-check
// Of SSE and WebSocket each is said to be much the lighter one. The same messages on both, side by side.

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "alike",
  claims: [21, 22],
  lanes: ["sse.plain", "websocket.plain"],
  seconds: (interval) => 20 * interval,
  guess: { choices: ["sse", "alike", "websocket"] },
  meter: true,
  async run(stage, seconds) {
    const seen = await stage.watch(seconds);
    const [sse, websocket] = ["sse.plain", "websocket.plain"].map((key) => {
      const { figures, median } = seen(key);
      const { bytes, messages } = /** @type {import("../figures.js").Figures} */ (figures);
      return { age: median, bytes: (bytes.in.total + bytes.out.total) / messages };
    });
    const ratio = sse.bytes / websocket.bytes;
    return [
      { figure: "bytes_sse", unit: "bytes", measured: sse.bytes, expected: null, formula: "" },
      { figure: "bytes_websocket", unit: "bytes", measured: websocket.bytes, expected: null, formula: "" },
      { figure: "age_sse", unit: "s", measured: sse.age, expected: websocket.age, formula: "d" },
      { figure: "age_websocket", unit: "s", measured: websocket.age, expected: sse.age, formula: "d" },
      { choice: Math.abs(ratio - 1) < 0.05 ? "alike" : ratio < 1 ? "sse" : "websocket" },
    ];
  },
};
