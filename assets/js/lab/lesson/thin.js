// @ts-check
// A link that is thinner than the messages: who is given every one of them falls behind, however they come.

import { enough } from "../stage.js";

/** What part of the messages it carries. */
const narrow = 0.5;
/** Source intervals to see how large they are. */
const sizing = 3;
/** Bytes a second that a link has at least. */
const least = 100;

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "thin",
  claims: [26],
  lanes: ["websocket.plain", "polling.plain"],
  seconds: (interval) => 20 * interval,
  guess: { choices: ["websocket", "alike", "polling"] },
  meter: true,
  needs: "faults",
  async run(stage, seconds) {
    const { bytes, messages } = /** @type {import("../figures.js").Figures} */ ((await stage.watch(1 + sizing * stage.interval))("websocket.plain").figures);
    const throttle = Math.round((narrow * bytes.out.total) / messages / stage.interval);
    enough(throttle, least);
    await stage.conflate("polling.plain");
    for (const key of ["websocket.plain", "polling.plain"]) await stage.fault(key, { throttle });
    const seen = await stage.watch(seconds);
    const [pushed, polled] = ["websocket.plain", "polling.plain"].map((key) => seen(key).median);
    const [push, poll] = [pushed, polled].map((age) => (Number.isNaN(age) ? seconds : age)); // nothing came in that time
    return [
      { figure: "age_pushed", unit: "s", measured: pushed, expected: null, formula: "" },
      { figure: "age_polling", unit: "s", measured: polled, expected: null, formula: "" },
      { choice: Math.abs(push - poll) < 0.2 * Math.max(push, poll) ? "alike" : push > poll ? "websocket" : "polling" },
    ];
  },
};
