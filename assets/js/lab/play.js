// @ts-check
// How a lesson or a trial is played: set, watched, put back, and judged.

import { Stage, Unable } from "./stage.js";

/** @typedef {{key: string, fill: Record<string, string>}} Said words and what fills them */

/**
 * Plays one from beginning to end. The lab says meanwhile that it is being played: there is one stage.
 * @param {import("./lab.js").Lab} lab
 * @param {import("./stage.js").Piece} piece
 * @param {number} seconds to watch
 * @param {AbortSignal} signal it was left
 * @param {(part: number) => void} tell how much of the watching is over, from 0 to 1
 * @returns {Promise<{answers: import("./lessons.js").Answer[], said: Said}>} what came out, and how it ended
 */
export async function play(lab, piece, seconds, signal, tell) {
  const stage = new Stage(lab, piece, signal, tell);
  const { conditions } = stage;
  for (const technique of piece.uses ?? []) conditions.joins(technique);
  lab.plays(piece.name, piece.lanes);
  try {
    let answers;
    try {
      await stage.set();
      await conditions.begin();
      answers = await piece.run(stage, seconds);
      conditions.over();
    } finally {
      await stage.restore(); // before there is another question: the browser may have had no connection for it
    }
    return { answers, said: { key: await conditions.end(), fill: {} } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (signal.aborted) return { answers: [], said: { key: "lessons.left", fill: {} } };
    return { answers: [], said: error instanceof Unable ? { key: why, fill: {} } : { key: "lessons.failed", fill: { why } } };
  } finally {
    conditions.close();
    lab.plays("", []);
  }
}
