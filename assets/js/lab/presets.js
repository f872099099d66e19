// @ts-check
// What can be broken: each fault with values to choose from, and some that belong together under a name people know.
// To add a preset, add its line here and its name and its story to words.

/**
 * @typedef {Record<string, string | number | boolean>} Fault as api/v1/faults takes it
 * @typedef {{name: string, fault: Fault | null, lifetime?: string}} Preset without a fault: a new epoch for everybody
 */

/** The faults in the server's words, with what is offered of each. @type {{name: string, values: (string | number | boolean)[]}[]} */
export const faults = [
  { name: "delay", values: ["50ms", "150ms", "300ms", "1s", "3s"] },
  { name: "jitter", values: ["20ms", "50ms", "200ms", "1s"] },
  { name: "throttle", values: [500, 1000, 2000, 5000, 20_000, 100_000] },
  { name: "buffer", values: [4096, 16_384, "all"] },
  { name: "stall", values: ["3s", "10s", "30s"] },
  { name: "cut", values: ["once", "2s", "5s", "20s"] },
  { name: "mute", values: [true] },
  { name: "refuse_upgrade", values: [true] },
  { name: "forget", values: [true] },
];

/** @type {Preset[]} */
export const presets = [
  { name: "tunnel", fault: { stall: "8s" } },
  { name: "cable", fault: { cut: "once" } },
  { name: "proxy", fault: { buffer: "all", refuse_upgrade: true, cut: "once" } },
  { name: "hotel", fault: { delay: "120ms", jitter: "80ms", throttle: 20_000, cut: "20s" } },
  { name: "drop", fault: { mute: true }, lifetime: "30s" },
  { name: "firewall", fault: { refuse_upgrade: true, cut: "once" } },
  { name: "satellite", fault: { delay: "300ms", jitter: "20ms" } },
  { name: "thin", fault: { throttle: 2000 } },
  { name: "amnesia", fault: { forget: true, cut: "once" } },
  { name: "deploy", fault: null },
];

/** How long a fault lasts when nobody takes it away. */
export const lifetimes = ["30s", "5m", "1h"];
