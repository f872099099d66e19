// @ts-check
// How thin a viewer wants what comes: it has to know that itself, or it took for loss what was left out, and so does the server.

import { Refused } from "../api.js";

/**
 * Gives an order that changes it. Numbers may be left out before its answer is here, and of what was made before it was heard.
 * @template T
 * @param {import("../viewer.js").Viewer} viewer
 * @param {() => Promise<T>} order answered with the server's time
 * @param {(answer: T) => number | undefined} at of the answer
 */
export async function ordered(viewer, order, at) {
  const before = viewer.lenient;
  viewer.lenient = Infinity;
  try {
    const answer = await order();
    viewer.lenient = at(answer) ?? NaN;
    return answer;
  } catch (error) {
    if (error instanceof Refused && error.status > 0) viewer.lenient = before; // else it may have been heard
    throw error;
  }
}

/**
 * @param {import("../api.js").API} api
 * @param {import("../viewer.js").Viewer} viewer
 * @param {{every?: number, conflate: boolean}} wanted milliseconds between two messages, 0: all of them, undefined: as it is; of those that wait the newest alone
 */
export async function thin(api, viewer, { every, conflate }) {
  if (every !== undefined) viewer.every = every;
  const set = { ...(every !== undefined && { every: `${every}ms` }), conflate };
  await ordered(viewer, () => api.command(viewer.id, { set, ping: 0 }), (answer) => answer?.at);
  viewer.conflate = conflate;
}

/** All of it. */
export const whole = { every: 0, conflate: false };
