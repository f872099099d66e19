// @ts-check
// The panels of the wire lab, in the order they stand on the page. To add one, add its file here, its style sheet
// css/lab/<name>.css below and its words to words/en and words/zh.

import { make } from "../panel/dom.js";
import { Auto } from "./auto.js";
import { Claims } from "./claims.js";
import { Costs } from "./costs.js";
import { Code } from "./code.js";
import { Crowd } from "./crowd.js";
import { Doctor } from "./doctor.js";
import { Faults } from "./faults.js";
import { Inspector } from "./inspector.js";
import { Lanes } from "./lanes.js";
import { Lessons } from "./lessons.js";
import { Report } from "./report.js";
import { TwoWays } from "./twoways.js";

/**
 * @typedef {object} Panel
 * @property {(now: number) => void} [show] once a second while it can be seen; now is performance.now()'s
 * @property {() => void} [opened] the lab is on screen from now on
 * @property {() => void} [closed] and no longer
 * @property {() => void} [restyle] colours are other ones now
 */

/** Each makes a Panel. @type {{name: string, Panel: new (root: HTMLElement, lab: import("./lab.js").Lab) => object}[]} */
export const panels = [
  { name: "lanes", Panel: Lanes },
  { name: "costs", Panel: Costs },
  { name: "faults", Panel: Faults },
  { name: "inspector", Panel: Inspector },
  { name: "auto", Panel: Auto },
  { name: "twoways", Panel: TwoWays },
  { name: "lessons", Panel: Lessons },
  { name: "claims", Panel: Claims },
  { name: "crowd", Panel: Crowd },
  { name: "code", Panel: Code },
  { name: "doctor", Panel: Doctor },
  { name: "report", Panel: Report },
];

/** Their style sheets, and techniques, which several of them show. The page that does not show the lab does without. */
const sheets = [...panels.map(({ name }) => name).filter((name) => name !== "claims"), "techniques"];

/** @returns {Promise<unknown>} they are there, or cannot be had */
export function dress() {
  return Promise.all(sheets.map((name) => new Promise((done) => {
    const link = make("link");
    link.rel = "stylesheet";
    link.href = `css/lab/${name}.css`;
    link.onload = link.onerror = done;
    document.head.append(link);
  })));
}
