// @ts-check
// Choosing by oneself: the ladder is climbed from polling, and when its highest rung is taken away, gone down again.

import { Ladder, rungs } from "../ladder.js";
import { Unable } from "../stage.js";

const key = "polling.auto";

/** @type {import("../stage.js").Piece} */
export default {
  name: "ladder",
  claims: [27],
  lanes: [key],
  uses: rungs,
  async run(stage) {
    const { lab } = stage;
    const lane = stage.lane(key);
    const ladder = new Ladder(lane, lab, () => {});
    stage.later(() => ladder.stop());
    const top = ladder.rungs[ladder.rungs.length - 1];
    const each = 3 + 3 * stage.interval;
    const up = await stage.until(() => ladder.rungs.every(({ state }) => state !== "untried" && state !== "probing"), each * ladder.rungs.length);
    const highest = lane.technique;
    const { missed } = lane.counts;
    let down = NaN;
    try {
      await stage.fault(key, highest === "websocket" ? { refuse_upgrade: true, cut: "once" } : { mute: true });
      down = await stage.until(() => lane.technique !== highest, 30 + each);
    } catch (error) {
      if (!(error instanceof Unable)) throw error; // without faults nothing is taken away
    }
    return [
      { figure: "ladder_top", technique: highest },
      { figure: "ladder_up", unit: "s", measured: top.state === "used" || !Number.isNaN(down) ? up : NaN },
      ...(Number.isNaN(down) ? [] : [{ figure: "ladder_then", technique: lane.technique }, { figure: "ladder_down", unit: /** @type {const} */ ("s"), measured: down }]),
      { figure: "missed", measured: lane.counts.missed - missed },
    ];
  },
};
