// @ts-check
// What the server says in words: states, sources, reasons. In English its own words are good enough as they are, but for
// names that are no words; the keys of the other languages are made from them (see term).

/** @type {import("../words.js").Room} */
export default {
  source_gpus: "GPUs",
  source_failed_units: "failed units",
};
