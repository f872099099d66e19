// @ts-check
// Long polling on a long way: what is published while the next question is under way comes with its answer.

import { enough } from "../stage.js";

/** The way there and back, in source intervals. */
const far = 3;

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "together",
  claims: [6],
  lanes: ["longpolling", "websocket"],
  seconds: (interval) => 30 * interval,
  guess: { unit: "count" },
  needs: "faults",
  async run(stage, seconds) {
    enough(seconds, 2 * far * stage.interval);
    const delay = `${Math.round((far * stage.interval * 1000) / 2)}ms`;
    for (const key of ["longpolling", "websocket"]) await stage.fault(key, { delay });
    await stage.sleep(2000 * far * stage.interval);
    const seen = await stage.watch(seconds);
    const { answers, counts, median } = seen("longpolling");
    return [
      { figure: "per_answer", unit: "count", measured: counts.messages / answers, expected: far, formula: "RTT/T", guessed: true },
      { figure: "age_longpolling", unit: "s", measured: median, expected: seen("websocket").median + (far * stage.interval) / 2, formula: "d + RTT/2" },
      { figure: "missed", unit: "count", measured: counts.missed, expected: 0, formula: "" },
    ];
  },
};
