// @ts-check
// Auto: the ladder of fallbacks.

/** @type {import("../words.js").Room} */
export default {
  title: "Auto",
  intro: "The fallback that push libraries have, made visible: it begins with polling, which surely works, tries each way above it with a connection of its own, goes up only when two messages came by it, and comes down when it stops carrying. No message is lost on the way.",
  taken: "Auto was stopped: a trial climbs the ladder itself, on the same lane.",
  start: "climb",
  stop: "stop",
  steps: "What happened on the ladder",
  after: "{words}, {time}",
  state_untried: "not tried yet",
  state_probing: "being tried",
  state_works: "carries data",
  state_used: "in use",
  state_refused: "refused",
  state_failed: "stopped carrying",
  why_open: "it opened, and nothing came by it",
  why_closed: "its connection failed; browsers do not say why",
  why_full: "the browser has no connection for it",
};
