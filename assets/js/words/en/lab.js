// @ts-check
// What all panels of the wire lab call the same things.

/** @type {import("../words.js").Room} */
export default {
  lane: "{technique}, {variant}",
  variant_plain: "not compressed",
  variant_cbor: "binary (CBOR), not compressed",
  variant_locked: "phase locked",
  variant_fast: "five times as often",
  variant_slow: "a fifth as often",
  variant_auto: "auto",
  state_connecting: "connecting",
  state_open: "open",
  state_waiting: "waiting to try again",
  state_asked: "asked again, no answer yet",
  state_failed: "request failed; waiting to try again",
  state_offline: "offline",
  state_paused: "stopped",
  state_queued: "waits for a connection",
  off: "This dashboard's lab is off: start it with --lab on.",
  no_guest: "A link does not show this: log in with a key or a password.",
  comma: ", ",
};
