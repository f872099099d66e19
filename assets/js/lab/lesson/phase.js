// @ts-check
// Two pollers with the same period: how late they are depends on when they ask, and neither of them chose it.

import { enough } from "../stage.js";

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "phase",
  claims: [1],
  lanes: ["polling", "polling.locked", "websocket"],
  seconds: (interval) => 30 * interval,
  guess: { choices: ["same", "swept", "locked"] },
  async run(stage, seconds) {
    enough(seconds, 16 * stage.sweep * stage.interval); // or not every phase has its poll
    const seen = await stage.watch(seconds);
    const [swept, locked, pushed] = ["polling", "polling.locked", "websocket"].map((key) => seen(key).median);
    return [
      { figure: "age_swept", unit: "s", measured: swept, expected: pushed + (stage.sweep * stage.interval) / 2, formula: "d + 15/16 · P/2" },
      { figure: "age_locked", unit: "s", measured: locked, expected: null, formula: "d … d + P" },
      { choice: Math.abs(swept - locked) < 0.05 * stage.interval ? "same" : locked < swept ? "swept" : "locked" },
    ];
  },
};
