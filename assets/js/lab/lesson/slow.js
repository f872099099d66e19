// @ts-check
// Asking seldom loses nothing, with a cursor: what was published meanwhile comes together, and most of it old.

/** Source intervals between two questions: the lane's pace. */
const pace = 5;

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "slow",
  claims: [1, 6],
  lanes: ["polling.slow"],
  seconds: (interval) => 30 * interval,
  guess: { unit: "count" },
  async run(stage, seconds) {
    const { answers, counts, requests, seconds: span } = (await stage.watch(seconds))("polling.slow");
    return [
      { figure: "per_answer", unit: "count", measured: counts.messages / answers, expected: stage.sweep * pace, formula: "15/16 · P/T", guessed: true },
      { figure: "request_rate", unit: "rate", measured: requests / span, expected: 1 / (stage.sweep * pace * stage.interval), formula: "16/15 · 1/P" },
      { figure: "missed", unit: "count", measured: counts.missed, expected: 0, formula: "" },
    ];
  },
};
