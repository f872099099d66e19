// @ts-check
// What lies over the plot of every chart: marks of what happened, the time being selected, the moment picked, and the
// crosshair.

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./surface.js").Surface} Surface */
/** @typedef {import("./crosshair.js").Crosshair} Crosshair */

/** Half the width of a mark's flag, and how far from one a pointer is still at it, in CSS pixels. */
const flag = 4;
export const reach = 6;
const dashes = [3, 3];
const faint = 0.16;

/** Kinds that tell of harm. @type {Record<string, string>} */
const inks = { oom: "alarm", alert: "warn", gap: "chart-cross", clock: "chart-cross", restart: "chart-cross", note: "technique" };

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Surface} surface
 * @param {View} view
 * @param {Crosshair} cross
 * @param {Record<string, string>} colours
 */
export function drawMarks(ctx, surface, view, cross, colours) {
  if (cross.first === cross.first && cross.last === cross.last) {
    const [a, b] = [view.x(cross.first), view.x(cross.last)];
    ctx.fillStyle = colours["chart-cross"];
    ctx.globalAlpha = faint;
    ctx.fillRect(Math.min(a, b), view.top, Math.abs(b - a), view.height);
    ctx.globalAlpha = 1;
  }
  ctx.lineWidth = surface.hair;
  for (const { at, kind } of cross.marks) {
    if (at < view.from || at > view.to) continue;
    const x = surface.crisp(view.x(at));
    ctx.strokeStyle = ctx.fillStyle = colours[inks[kind] ?? "chart-cross"];
    ctx.setLineDash(dashes);
    upright(ctx, view, x);
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.moveTo(x - flag, view.top);
    ctx.lineTo(x + flag, view.top);
    ctx.lineTo(x, view.top + 1.6 * flag);
    ctx.fill();
  }
  ctx.strokeStyle = colours["chart-cross"];
  if (cross.moment >= view.from && cross.moment <= view.to) {
    ctx.lineWidth = 2;
    upright(ctx, view, view.x(cross.moment));
    ctx.lineWidth = surface.hair;
  }
  if (cross.at >= view.from && cross.at <= view.to) upright(ctx, view, surface.crisp(view.x(cross.at)));
}

/** @param {CanvasRenderingContext2D} ctx @param {View} view @param {number} x */
function upright(ctx, view, x) {
  ctx.beginPath();
  ctx.moveTo(x, view.top);
  ctx.lineTo(x, view.bottom);
  ctx.stroke();
}
