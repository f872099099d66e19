// @ts-check
// The same messages, compressed and not: what is compressed once for everybody.

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "compressed",
  claims: [21],
  lanes: ["sse", "sse.plain"],
  seconds: (interval) => 15 * interval,
  guess: { unit: "share" },
  meter: true,
  async run(stage, seconds) {
    const seen = await stage.watch(seconds);
    const [small, plain] = ["sse", "sse.plain"].map((key) => {
      const { bytes, messages } = /** @type {import("../figures.js").Figures} */ (seen(key).figures);
      return (bytes.out.framing + bytes.out.payload) / messages;
    });
    return [
      { figure: "compressed", unit: "share", measured: small / plain, expected: null, formula: "", guessed: true },
      { figure: "bytes_compressed", unit: "bytes", measured: small, expected: null, formula: "" },
      { figure: "bytes_plain", unit: "bytes", measured: plain, expected: null, formula: "" },
    ];
  },
};
