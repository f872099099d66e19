// @ts-check
// How often one request can be answered: once, unless the answer never ends.

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "answers",
  claims: [7, 8],
  lanes: ["longpolling", "streaming"],
  seconds: (interval) => 12 * interval,
  guess: { unit: "count" },
  async run(stage, seconds) {
    const seen = await stage.watch(seconds);
    const [held, endless] = [seen("longpolling"), seen("streaming")];
    return [
      { figure: "requests_streaming", unit: "count", measured: endless.requests, expected: 0, formula: "", guessed: true },
      { figure: "messages_streaming", unit: "count", measured: endless.counts.messages, expected: endless.seconds / stage.interval, formula: "t/T" },
      { figure: "answers_longpolling", unit: "count", measured: (held.answers + held.empty) / held.requests, expected: 1, formula: "" },
    ];
  },
};
