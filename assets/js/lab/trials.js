// @ts-check
// What measures a claim that no lesson is about: without a prediction, at the press of a button beside the claim. To add
// one, add its file to trial/, its line here and its figures to words/en/lessons.js and zh.

import drop from "./trial/drop.js";
import iframe from "./trial/iframe.js";
import jsonp from "./trial/jsonp.js";
import ladder from "./trial/ladder.js";
import multipart from "./trial/multipart.js";
import origin from "./trial/origin.js";
import peaks from "./trial/peaks.js";

/** In the order of the claims. @type {import("./stage.js").Piece[]} */
export const trials = [peaks, iframe, multipart, jsonp, drop, origin, ladder];
