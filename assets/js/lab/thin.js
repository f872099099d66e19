// @ts-check
// How thin a viewer wants what comes: it has to know that itself, or it took for loss what was left out, and so does the server.

/**
 * @param {import("../api.js").API} api
 * @param {import("../viewer.js").Viewer} viewer
 * @param {{every: number, conflate: boolean}} wanted milliseconds between two messages, 0: all of them; of those that wait the newest alone
 */
export async function thin(api, viewer, { every, conflate }) {
  viewer.every = every;
  viewer.conflate = true; // numbers may be left out before the answer is here
  await api.command(viewer.id, { set: { every: `${every}ms`, conflate } });
  viewer.conflate = conflate;
}

/** All of it. */
export const whole = { every: 0, conflate: false };
