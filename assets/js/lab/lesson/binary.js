// @ts-check
// Text or binary: the same message as JSON and as CBOR.

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "binary",
  claims: [15, 21],
  lanes: ["websocket.cbor", "websocket.plain"],
  seconds: (interval) => 15 * interval,
  guess: { unit: "share" },
  meter: true,
  async run(stage, seconds) {
    const seen = await stage.watch(seconds);
    const [cbor, json] = ["websocket.cbor", "websocket.plain"].map((key) => {
      const { bytes, messages } = /** @type {import("../figures.js").Figures} */ (seen(key).figures);
      return bytes.out.payload / messages;
    });
    return [
      { figure: "binary", unit: "share", measured: cbor / json, expected: null, formula: "", guessed: true },
      { figure: "bytes_cbor", unit: "bytes", measured: cbor, expected: null, formula: "" },
      { figure: "bytes_json", unit: "bytes", measured: json, expected: null, formula: "" },
    ];
  },
};
