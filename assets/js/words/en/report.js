// @ts-check
// The report.

/** @type {import("../words.js").Room} */
export default {
  title: "Report",
  what: "The cost table with its pinned runs, the crowds, the ages of the last messages, and under which conditions: to take along. Markdown is rounded as the screen is, CSV and JSON are not.",
  which: "form of the report",
  form_markdown: "Markdown",
  form_csv: "CSV",
  form_json: "JSON",
  make: "Make a report",
  made: "Made of the figures of this moment.",
  download: "Download",
  copy: "Copy",
  copied: "Copied.",
  selected: "The browser does not let this page copy. It is selected: copy it by hand.",
  none: "Nothing yet.",
  heading: "fivewire: what a message costs",
  run: "At {time}, after {seconds}",
  seconds: "measured for",
  apart: "set apart",
  unknown_faults: "not known",
  condition_made: "made",
  condition_version: "fivewire",
  condition_machine: "server's machine",
  condition_address: "address",
  condition_browser: "browser",
  condition_interval_ms: "interval of messages, ms",
  condition_message_bytes: "newest message, bytes of JSON",
  condition_compress: "compression",
  condition_clock_error_ms: "server clock known to, ± ms",
  condition_faults: "faults in force",
};
