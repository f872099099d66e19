// @ts-check
// Pollers that began together ask together, period after period; those that are spread over the period do not. When each
// question arrived the server's recorder says.

import { newId } from "../../viewer.js";
import { Unable } from "../stage.js";

const pollers = 20;
/** Milliseconds between two questions of a poller. */
const period = 1000;
/** How often each asks: with that, the recorder still has all of it. */
const rounds = 3;
/** The parts of a period of which the busiest is looked for. */
const parts = 10;

/** @type {import("../stage.js").Piece} */
export default {
  name: "peaks",
  claims: [4],
  lanes: [],
  async run(stage) {
    if (stage.lab.config.shut) throw new Unable(stage.lab.config.shut); // exchanges are recorded
    const { cursor } = await stage.api.get("polling");
    /** @param {(poller: number) => number} phase when it asks, as a part of the period */
    const busiest = async (phase) => {
      const viewer = newId();
      await stage.api.get("wire", { viewer, exchanges: 64 }); // has them recorded from now on
      const began = performance.now();
      await Promise.all(Array.from({ length: rounds * pollers }, async (_, i) => {
        const at = (Math.floor(i / pollers) + phase(i % pollers)) * period;
        await stage.sleep(Math.max(0, began + at - performance.now()));
        await stage.api.get("polling", { viewer, after: cursor, every: "1m" }); // that there is something new is not the point
      }));
      const { exchanges } = await stage.api.get("wire", { viewer, exchanges: 64 });
      return crowded(exchanges.map((/** @type {{began?: number, at: number}} */ { began, at }) => began ?? at));
    };
    const together = await busiest(() => 0);
    const spread = await busiest((poller) => poller / pollers);
    return [
      { figure: "busiest_together", unit: "share", measured: together },
      { figure: "busiest_spread", unit: "share", measured: spread },
    ];
  },
};

/**
 * The share of all questions that came in the busiest tenth of the period, wherever that begins.
 * @param {number[]} times milliseconds
 */
export function crowded(times) {
  const phases = times.map((at) => at % period);
  const most = Math.max(...phases.map((from) => phases.filter((at) => (at - from + period) % period < period / parts).length));
  return most / times.length;
}
