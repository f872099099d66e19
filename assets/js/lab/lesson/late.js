// @ts-check
// Polling is easy, but what it brings is late: by half its period, on average.

import { enough } from "../stage.js";

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "late",
  claims: [1],
  lanes: ["polling", "websocket"],
  seconds: (interval) => 30 * interval,
  guess: { unit: "s" },
  async run(stage, seconds) {
    enough(seconds, 16 * stage.sweep * stage.interval); // or not every phase has its poll
    const seen = await stage.watch(seconds);
    const [asked, pushed] = [seen("polling").median, seen("websocket").median];
    return [
      { figure: "age_polling", unit: "s", measured: asked, expected: pushed + (stage.sweep * stage.interval) / 2, formula: "d + 15/16 · P/2", guessed: true },
      { figure: "age_pushed", unit: "s", measured: pushed, expected: null, formula: "d" },
    ];
  },
};
