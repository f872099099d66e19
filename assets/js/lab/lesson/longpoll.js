// @ts-check
// Long polling: the question waits for the answer instead of the other way round.

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "longpoll",
  claims: [5],
  lanes: ["longpolling", "websocket"],
  seconds: (interval) => 15 * interval,
  guess: { unit: "count" },
  async run(stage, seconds) {
    const seen = await stage.watch(seconds);
    const { answers, empty, counts, median } = seen("longpolling");
    return [
      { figure: "requests_per_message", unit: "count", measured: (answers + empty) / counts.messages, expected: 1, formula: "", guessed: true },
      { figure: "age_longpolling", unit: "s", measured: median, expected: seen("websocket").median, formula: "d" },
    ];
  },
};
