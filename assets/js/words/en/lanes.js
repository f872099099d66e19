// @ts-check
// The lanes: what each technique does on the wire, as it happens.

/** @type {import("../words.js").Room} */
export default {
  title: "Lanes",
};
