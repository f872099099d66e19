// @ts-check
// The lanes there can be: each of the five techniques as a browser does it by itself, and what else can be done with it.
// To add a variant, add its line here and its name to words.

import { called } from "../panel/switch.js";
import { techniques } from "../transport/transport.js";
import { say, term } from "../words/words.js";

/** @typedef {import("../transport/transport.js").Technique} Technique */
/** @typedef {import("../transport/transport.js").Phase} Phase */
/**
 * @typedef {object} Kind
 * @property {string} key the technique, or technique.variant
 * @property {Technique} technique
 * @property {string} variant "" for the technique itself
 * @property {string} [compress] "off": messages as they are
 * @property {boolean} [binary] as CBOR
 * @property {number} [pace] polling: so many source intervals between two questions
 * @property {Phase} [phase] polling: when, against the source's beat
 */

/** @type {(technique: Technique, variant: string, how?: Partial<Kind>) => Kind} */
const kind = (technique, variant, how) => ({ key: variant ? `${technique}.${variant}` : technique, technique, variant, ...how });

/** @type {Kind[]} */
export const kinds = [
  ...techniques.map((technique) => kind(technique, "", technique === "polling" ? { phase: "sweep" } : {})),
  kind("polling", "locked", { phase: "lock" }),
  kind("polling", "fast", { pace: 0.2, phase: "sweep" }),
  kind("polling", "slow", { pace: 5, phase: "sweep" }),
  ...techniques.map((technique) => kind(technique, "plain", { compress: "off", phase: "sweep" })),
  kind("websocket", "cbor", { binary: true, compress: "off" }),
  kind("polling", "auto"), // and climbs from there
];

/**
 * What a lane is called on screen.
 * @param {{technique: Technique, variant: string}} lane
 */
export function named({ technique, variant }) {
  const name = called(technique);
  return variant ? say("lab.lane", { technique: name, variant: term("lab.variant", variant) }) : name;
}
