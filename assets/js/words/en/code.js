// @ts-check
// The code twins.

/** @type {import("../words.js").Room} */
export default {
  title: "Code",
  technique: "technique",
  what: "The files that are running: on the left what this server was built from, on the right what it has served to this page. Each is open where its technique begins.",
  file_go: "file on the server",
  file_js: "file in the browser",
  nowhere: "This page is not served from here.",
  failed: "The files cannot be fetched: {why}",
};
