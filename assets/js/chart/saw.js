// @ts-check
// The staleness saw-tooth: how old what is on screen is, at every moment. It grows by a second a second until a message
// comes, and falls to that message's age on arrival, which is the dot. What is beyond the scale runs along its top.

/** @typedef {import("./arrows.js").Box} Box */
/**
 * @typedef {object} Made
 * @property {number} start @property {number} end @property {(i: number) => number} slot
 * @property {Float64Array} at Unix milliseconds on the server's clock, when a message was made
 * @property {Float64Array} received milliseconds on performance.now()'s clock, when it came
 */

const shade = 0.16;
const dot = 0.17;

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Made} deliveries
 * @param {Box} box
 * @param {number} offset milliseconds from the server's clock to ours
 * @param {number} max milliseconds at the top
 * @param {string} colour
 * @param {string} alarm
 */
export function drawSaw(ctx, deliveries, box, offset, max, colour, alarm) {
  const { now, pace, right, width, top, bottom } = box;
  const scale = (bottom - top) / max;
  const x = (/** @type {number} */ time) => right - (now - time) * pace;
  const y = (/** @type {number} */ old) => Math.max(top, bottom - Math.max(0, old) * scale);
  const horizon = now + (width - right) / pace;
  const line = new Path2D();
  const dots = new Path2D();
  const beyond = new Path2D();
  let first = deliveries.end;
  while (first > deliveries.start && deliveries.received[deliveries.slot(first - 1)] >= box.oldest) first--;
  if (first > deliveries.start) first--; // what was on screen at the left edge
  let began = NaN;
  let r = Math.max(1, dot * box.size);
  if (deliveries.end - first > 150) r *= 0.7;
  for (let i = first; i < deliveries.end; i++) {
    const k = deliveries.slot(i);
    const came = deliveries.received[k];
    if (came > now) break;
    const born = deliveries.at[k] + offset;
    const more = i + 1 < deliveries.end ? deliveries.received[deliveries.slot(i + 1)] : Infinity;
    const until = more > now ? horizon : more;
    const [x1, y1, x2] = [x(came), y(came - born), x(until)];
    if (Number.isNaN(began)) {
      began = x1;
      line.moveTo(x1, y1);
    } else line.lineTo(x1, y1);
    dots.moveTo(x1 + r, y1);
    dots.arc(x1, y1, r, 0, 2 * Math.PI);
    const over = born + max;
    if (over < until) {
      const from = Math.max(x1, x(over));
      line.lineTo(from, top);
      beyond.moveTo(from, top);
      beyond.lineTo(x2, top);
      line.lineTo(x2, top);
    } else line.lineTo(x2, y(until - born));
  }
  if (Number.isNaN(began)) return;
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = 1.25;
  ctx.stroke(line);
  line.lineTo(width, bottom);
  line.lineTo(began, bottom);
  ctx.globalAlpha = shade;
  ctx.fill(line);
  ctx.globalAlpha = 1;
  ctx.fill(dots);
  ctx.strokeStyle = alarm;
  ctx.lineWidth = 3;
  ctx.stroke(beyond);
}
