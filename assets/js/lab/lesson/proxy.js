// @ts-check
// A proxy that collects what it passes on: an answer that never ends does not arrive, one that ends does.

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "proxy",
  claims: [12],
  lanes: ["streaming", "longpolling"],
  seconds: (interval) => 12 * interval,
  guess: { choices: ["none", "longpolling", "streaming"] },
  needs: "faults",
  async run(stage, seconds) {
    for (const key of ["streaming", "longpolling"]) await stage.fault(key, { buffer: "all" });
    await stage.sleep(1000 * stage.interval);
    const seen = await stage.watch(seconds);
    const [endless, held] = [seen("streaming").counts.messages, seen("longpolling").counts.messages];
    return [
      { figure: "messages_streaming", unit: "count", measured: endless, expected: 0, formula: "" },
      { figure: "messages_longpolling", unit: "count", measured: held, expected: seconds / stage.interval, formula: "t/T" },
      { choice: endless > 0 ? "none" : held > 0 ? "streaming" : "longpolling" },
    ];
  },
};
