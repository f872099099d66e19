// @ts-check
// Who asks more often than there is something new, is told mostly that there is nothing new.

/** Questions a source interval: the lane's pace. */
const often = 5;

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "empty",
  claims: [2],
  lanes: ["polling.fast"],
  seconds: (interval) => 15 * interval,
  guess: { unit: "share" },
  async run(stage, seconds) {
    const { answers, empty, requests, seconds: span } = (await stage.watch(seconds))("polling.fast");
    return [
      { figure: "empty", unit: "share", measured: empty / (answers + empty), expected: 1 - stage.sweep / often, formula: "1 − 15/16 · P/T", guessed: true },
      { figure: "request_rate", unit: "rate", measured: requests / span, expected: often / (stage.sweep * stage.interval), formula: "16/15 · 1/P" },
    ];
  },
};
