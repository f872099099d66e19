// @ts-check
// Grid and labels of a chart: values on the left, times below, in the zone in use. Hairlines on whole device pixels.

import { bits, clock, date, percentFigure, short, shortBytes } from "../format.js";
import { local, roundTimes } from "../zone.js";
import { ticks, timeStep } from "./scale.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./surface.js").Surface} Surface */
/** @typedef {import("./scale.js").Unit} Unit */

/** The tokens an axis paints with. */
export const axisInks = ["chart-grid", "chart-zero", "chart-label"];

/** How far two ticks keep apart at least, in sizes of the type. */
const apartY = 3.1;
const apartX = 7;

/**
 * How many values an axis has room for above zero.
 * @param {View} view
 */
export function room(view) {
  const height = view.mirrored ? view.height / 2 : view.height;
  return Math.max(2, Math.floor(height / (apartY * view.size)));
}

/**
 * @param {number} v
 * @param {Unit} unit
 * @returns {string}
 */
export function label(v, unit) {
  if (unit === "ratio") return `${Number(percentFigure(v))} %`;
  if (unit === "number") return short(v);
  if (unit === "bits") return bits(v);
  return unit === "rate" ? `${shortBytes(v)}/s` : shortBytes(v);
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Surface} surface
 * @param {View} view
 * @param {Unit} unit
 * @param {Record<string, string>} colours
 */
export function drawValues(ctx, surface, view, unit, colours) {
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.lineWidth = surface.hair;
  const rounds = ticks(view.max, room(view), unit);
  for (const v of rounds) {
    for (const sign of view.mirrored ? [1, -1] : [1]) {
      const y = surface.crisp(view.y(sign * v));
      rule(ctx, view.left, y, view.right, y, colours["chart-grid"]);
      ctx.fillStyle = colours["chart-label"];
      ctx.fillText(label(v, unit), view.left - 8, view.y(sign * v));
    }
  }
  // A top that is a fact and no round number is named too, where there is room.
  if (!view.mirrored && view.rise * (view.max - (rounds.at(-1) ?? 0)) > 1.3 * view.size) {
    ctx.fillStyle = colours["chart-label"];
    ctx.fillText(label(view.max, unit), view.left - 8, view.y(view.max));
  }
  const zero = surface.crisp(view.zero - surface.hair);
  rule(ctx, view.left, zero, view.right, zero, colours["chart-zero"]);
  ctx.fillStyle = colours["chart-label"];
  ctx.fillText("0", view.left - 8, view.zero);
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Surface} surface
 * @param {View} view
 * @param {Record<string, string>} colours
 */
export function drawTimes(ctx, surface, view, colours) {
  const by = timeStep(view.to - view.from, view.width / (apartX * view.size));
  ctx.textBaseline = "top";
  ctx.textAlign = "center";
  ctx.lineWidth = surface.hair;
  for (const at of roundTimes(view.from, view.to, by)) {
    const x = surface.crisp(view.x(at));
    rule(ctx, x, view.top, x, view.bottom, colours["chart-grid"]);
    const text = timeLabel(at, by);
    const half = ctx.measureText(text).width / 2;
    if (x - half < view.left - 8 || x + half > view.right + 2) continue;
    ctx.fillStyle = colours["chart-label"];
    ctx.fillText(text, x, view.bottom + 6);
  }
}

/**
 * A tick of the time axis: midnight is told by its date.
 * @param {number} at
 * @param {number} by milliseconds between two of them
 * @returns {string}
 */
export function timeLabel(at, by) {
  const then = local(at);
  return by >= 60_000 && then.getUTCHours() === 0 && then.getUTCMinutes() === 0 ? date(at) : clock(at, by < 60_000);
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2
 * @param {string} colour
 */
function rule(ctx, x1, y1, x2, y2, colour) {
  ctx.strokeStyle = colour;
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}
