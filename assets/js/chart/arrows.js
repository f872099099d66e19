// @ts-check
// Arrows between two life lines, the server's above, the browser's below, and what was held meanwhile. They lean by a fixed
// amount, so that a question and its answer can be told apart; what they show is when, not how fast. All arrows of a
// technique are one path: a thousand of them cost hardly more than ten.

import { kinds } from "../exchanges.js";

/** @typedef {import("../exchanges.js").Exchanges} Exchanges */
/**
 * The part of a canvas that they are drawn in. Measures in CSS pixels.
 * @typedef {object} Box
 * @property {number} now milliseconds on performance.now()'s clock, at `right`
 * @property {number} pace pixels in a millisecond
 * @property {number} right
 * @property {number} width of the canvas: what is still held is held into the future
 * @property {number} top
 * @property {number} bottom
 * @property {number} oldest milliseconds: what came before is not drawn
 * @property {number} size of the type
 */
/** @typedef {{techniques: string[], error: string, paper: string}} Inks */

const [request, messages, empty, open, end, error, command, reply] = kinds.map((_, i) => i);

const veil = 0.13;

/** Measures in sizes of the type. */
const leaning = 0.62;
const dotted = 0.32;
const barred = 0.27;

/** What lies on a technique's lines: found together, drawn together. */
class Batch {
  lines = new Path2D();
  solids = new Path2D();
  hollows = new Path2D();
}

/**
 * What is held, as bars on the server's line with a veil down to the browser's.
 * @param {CanvasRenderingContext2D} ctx
 * @param {Exchanges} e
 * @param {Box} box
 * @param {Inks} inks
 */
export function drawHolds(ctx, e, box, inks) {
  const bar = barred * box.size;
  for (let i = e.heldStart; i < e.held; i++) {
    const k = e.hold(i);
    if (e.to[k] < box.oldest) continue;
    const a = Math.max(-bar, box.right - (box.now - e.from[k]) * box.pace);
    const b = Math.min(box.width, e.to[k] === Infinity ? box.width : box.right - (box.now - e.to[k]) * box.pace);
    if (b - a < 2) continue;
    ctx.fillStyle = inks.techniques[e.owner[k]];
    ctx.globalAlpha = veil;
    ctx.fillRect(a, box.top, b - a, box.bottom - box.top);
    ctx.globalAlpha = 1;
    ctx.fillRect(a, box.top - bar / 2, b - a, bar);
  }
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Exchanges} e
 * @param {Box} box
 * @param {Inks} inks
 * @param {(technique: number, x: number) => void} [banner] from here on it is another technique
 */
export function drawArrows(ctx, e, box, inks, banner) {
  const { top, bottom } = box;
  let first = e.start;
  while (first < e.end && e.at[e.slot(first)] < box.oldest) first++;
  let last = first > e.start ? e.technique[e.slot(first - 1)] : -1;
  const crowd = crowding(e, first, box);
  const slope = Math.min(leaning * box.size, Math.max(1.5, crowd * 0.8));
  const size = Math.min(dotted * box.size, Math.max(1.5, crowd * 0.55));
  ctx.lineWidth = crowd < 4 ? 1 : 1.5;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  /** @type {Map<number, Batch>} */
  const batches = new Map();
  let broken = false;
  const failures = new Path2D();
  let numbered = -Infinity;
  for (let i = first; i < e.end; i++) {
    const k = e.slot(i);
    if (e.at[k] > box.now) break;
    const x = box.right - (box.now - e.at[k]) * box.pace;
    const technique = e.technique[k];
    if (technique !== last && e.kind[k] === request) {
      last = technique;
      banner?.(technique, x);
    }
    let batch = batches.get(technique);
    if (!batch) batches.set(technique, (batch = new Batch()));
    switch (e.kind[k]) {
      case request:
        line(batch, x - slope, bottom, x, top, size);
        break;
      case command:
        line(batch, x - slope, bottom, x, top, size * 0.8);
        break;
      case messages:
        line(batch, x, top, x + slope, bottom, 0);
        disc(batch.solids, x + slope, bottom, size);
        if (e.messages[k] > 1 && x - numbered > 14) {
          ctx.fillStyle = inks.techniques[technique];
          ctx.fillText(`×${e.messages[k]}`, x + slope, bottom + 4);
          numbered = x;
        }
        break;
      case empty:
      case reply:
        line(batch, x, top, x + slope, bottom, 0);
        disc(batch.hollows, x + slope, bottom, size);
        break;
      case open:
        line(batch, x, top, x + slope, bottom, size);
        break;
      case end:
        line(batch, x, top, x, bottom, 0);
        break;
      case error:
        crossed(failures, x, top, bottom);
        broken = true;
        break;
    }
  }
  for (const [technique, { lines, solids, hollows }] of batches) {
    ctx.strokeStyle = ctx.fillStyle = inks.techniques[technique];
    ctx.stroke(lines);
    ctx.fill(solids);
    ctx.fillStyle = inks.paper;
    ctx.fill(hollows);
    ctx.stroke(hollows);
  }
  if (broken) {
    ctx.strokeStyle = inks.error;
    ctx.stroke(failures);
  }
}

/**
 * The arrow that is nearest to a place, or -1.
 * @param {Exchanges} e
 * @param {Box} box
 * @param {number} x
 * @param {number} reach pixels
 * @returns {number} it is in e.slot() of that
 */
export function nearest(e, box, x, reach) {
  const at = box.now - (box.right - x) / box.pace;
  let found = -1;
  let best = reach / box.pace;
  for (let i = e.end - 1; i >= e.start; i--) {
    const away = e.at[e.slot(i)] - at;
    if (away < -reach / box.pace) break;
    if (Math.abs(away) < best && e.at[e.slot(i)] <= box.now) {
      best = Math.abs(away);
      found = i;
    }
  }
  return found;
}

/** Pixels per pair of arrows lately: how close they may stand. @param {Exchanges} e @param {number} first @param {Box} box */
function crowding(e, first, box) {
  const n = e.end - first;
  if (n < 8) return 20;
  return ((box.now - e.at[e.slot(first)]) * box.pace * 2) / n;
}

/** @param {Batch} batch @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {number} head */
function line({ lines, solids }, x1, y1, x2, y2, head) {
  lines.moveTo(x1, y1);
  lines.lineTo(x2, y2);
  if (head < 2) return;
  const up = y2 < y1 ? 1 : -1;
  const long = head * 2;
  const tilt = ((x2 - x1) / Math.abs(y2 - y1)) * long;
  solids.moveTo(x2, y2);
  solids.lineTo(x2 - tilt - head * 0.8, y2 + up * long);
  solids.lineTo(x2 - tilt + head * 0.8, y2 + up * long);
  solids.closePath();
}

/** @param {Path2D} path @param {number} x @param {number} top @param {number} bottom */
function crossed(path, x, top, bottom) {
  const y = (top + bottom) / 2;
  path.moveTo(x, top);
  path.lineTo(x, bottom);
  path.moveTo(x - 5, y - 5);
  path.lineTo(x + 5, y + 5);
  path.moveTo(x - 5, y + 5);
  path.lineTo(x + 5, y - 5);
}

/** @param {Path2D} path @param {number} x @param {number} y @param {number} r */
function disc(path, x, y, r) {
  path.moveTo(x + r, y);
  path.arc(x, y, r, 0, 2 * Math.PI);
}
