// @ts-check
// Before the page is printed its canvases are drawn for paper, which is light and has everything on it in sight; behind that
// for the screen again. What styles do for it is in print.css.

/** @param {() => void} draw all that is on canvases, at once, in the inks that are in force */
export function paper(draw) {
  const turn = (/** @type {boolean} */ is) => {
    document.documentElement.style.colorScheme = is ? "light" : "";
    for (const canvas of document.querySelectorAll("canvas")) canvas.dispatchEvent(new Event(is ? "paper" : "screen"));
    draw();
  };
  addEventListener("beforeprint", () => turn(true));
  addEventListener("afterprint", () => turn(false));
}
