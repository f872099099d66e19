// @ts-check
// What a reader's hands do on a chart, told as what they mean: point, pick, select a time, scale around a moment, pan, go
// back. Mouse, pen, fingers and wheel; keys are the panel's business. It knows pixels and nothing of time.

/**
 * @typedef {object} Meaning places are CSS pixels from the canvas's left edge
 * @property {(x: number) => void} point NaN: at nothing
 * @property {(x: number) => void} pick a place on the way to one until settle, for it may be the first half of a double click
 * @property {(first: number, last: number, done: boolean) => void} select
 * @property {(factor: number, x: number) => void} scale above 1: more time
 * @property {(by: number) => void} pan pixels, to later times when positive
 * @property {() => void} settle scaling, panning and picking have come to rest
 * @property {() => void} back from where it was before the double click
 */

/** Pixels that a hand may tremble. */
const tremble = 4;
/** How much a step of the wheel scales, and how many milliseconds after the last one it has come to rest. */
const notch = 0.0022;
const rest = 250;
/** Milliseconds after a click in which a second one makes it a double click: what systems wait, unless told otherwise. */
const twice = 500;

/**
 * @param {HTMLElement} element
 * @param {Meaning} means
 */
export function gestures(element, means) {
  /** where each pointer is that is down @type {Map<number, number>} */
  const down = new Map();
  let start = NaN;
  /** @type {"" | "select" | "pan" | "pinch" | "point"} */
  let doing = "";
  /** whether the click that comes now is the end of something else */
  let moved = false;
  let timer = 0;
  const x = (/** @type {MouseEvent} */ event) => event.clientX - element.getBoundingClientRect().left;
  const settle = (/** @type {number} */ after) => {
    clearTimeout(timer);
    timer = setTimeout(means.settle, after);
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    down.set(event.pointerId, x(event));
    element.setPointerCapture(event.pointerId);
    if (down.size === 2) {
      if (doing === "select") means.select(NaN, NaN, false);
      doing = "pinch";
    } else if (down.size === 1) {
      start = x(event);
      doing = "";
    }
  });
  element.addEventListener("pointermove", (event) => {
    const here = x(event);
    const before = down.get(event.pointerId);
    if (before === undefined) return means.point(here);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    down.set(event.pointerId, here);
    if (doing === "pinch" && other !== undefined) {
      const [was, is] = [Math.abs(before - other), Math.abs(here - other)];
      means.pan((before - here) / 2);
      if (was > tremble && is > tremble) means.scale(was / is, (here + other) / 2);
      return;
    }
    if (doing === "" && Math.abs(here - start) > tremble) {
      doing = event.shiftKey ? "pan" : event.pointerType === "touch" ? "point" : "select";
    }
    if (doing === "pan") means.pan(before - here);
    if (doing === "select") means.select(start, here, false);
    if (doing === "point" || doing === "select") means.point(here);
  });
  const up = (/** @type {PointerEvent} */ event, /** @type {boolean} */ meant) => {
    if (!down.delete(event.pointerId)) return;
    if (down.size > 0) return;
    if (doing === "select") means.select(meant ? start : NaN, x(event), meant);
    else if (doing === "pan" || doing === "pinch") means.settle();
    moved = doing !== "";
    doing = "";
  };
  element.addEventListener("pointerup", (event) => up(event, true));
  element.addEventListener("pointercancel", (event) => up(event, false));
  element.addEventListener("click", (event) => {
    if (moved || event.detail !== 1) return;
    means.settle();
    means.pick(x(event));
    settle(twice);
  });
  element.addEventListener("pointerleave", () => means.point(NaN));
  element.addEventListener("dblclick", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    means.back();
  });
  // A page must scroll with the pointer over a chart: the wheel is the chart's when it has the focus, or a key says so. Two
  // fingers on a touchpad are a wheel with that key.
  element.addEventListener("wheel", (event) => {
    const across = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!(across || event.shiftKey || event.ctrlKey || event.metaKey || element === document.activeElement)) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (across || event.shiftKey) means.pan((event.deltaX || event.deltaY) * unit);
    else means.scale(Math.exp(Math.max(-250, Math.min(250, event.deltaY * unit)) * notch * (event.ctrlKey && event.deltaMode === 0 ? 3 : 1)), x(event));
    settle(rest);
  }, { passive: false });
}
