// @ts-check
// Saying something upwards: in the connection there is, or by a request of its own.

/** Commands each way. */
const times = 20;

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "upwards",
  claims: [16, 23],
  lanes: ["websocket", "sse"],
  seconds: (interval) => 2 * interval,
  guess: { choices: ["websocket", "alike", "post"] },
  async run(stage) {
    const [inside, beside] = [[], []].map((list) => /** @type {number[]} */ (list));
    for (let i = 0; i < times; i++) {
      inside.push(await stage.answered("websocket"));
      const asked = performance.now();
      await stage.api.command(stage.lane("sse").viewer.id, { ping: `stage ${i + 1}` });
      beside.push((performance.now() - asked) / 1000);
      await stage.sleep(20);
    }
    const middle = (/** @type {number[]} */ list) => list.toSorted((a, b) => a - b)[list.length >> 1];
    const [framed, posted] = [middle(inside), middle(beside)];
    return [
      { figure: "said_inside", unit: "s", measured: framed, expected: null, formula: "RTT" },
      { figure: "said_by_post", unit: "s", measured: posted, expected: null, formula: "RTT" },
      { choice: Math.abs(framed - posted) < 0.2 * Math.max(framed, posted) ? "alike" : framed < posted ? "websocket" : "post" },
    ];
  },
};
