// @ts-check
// What the server says in words: states, sources, reasons. In English its own words are good enough as they are; the keys
// of the other languages are made from them (see term).

/** @type {import("../words.js").Room} */
export default {
};
