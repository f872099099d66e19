// @ts-check
// A box that scrolls says so at its edges: where there is more, a shade lies over the last of what is seen. On a phone
// nothing else tells, since scroll bars are hidden there until something moves.

import { one } from "./dom.js";

/** What a browser may be off by when it is zoomed, in CSS pixels. */
const slack = 1;

/** @param {HTMLElement} box has what scrolls as its first child */
function mark(box) {
  const above = box.scrollTop > slack;
  const below = box.scrollHeight - box.clientHeight - box.scrollTop > slack;
  box.toggleAttribute("data-above", above);
  box.toggleAttribute("data-below", below);
}

/** Watches all tables that scroll in a box. */
export function watchEdges() {
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const box = target.closest(".table-scroll");
      if (box) mark(/** @type {HTMLElement} */ (box));
    }
  });
  for (const box of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".table-scroll"))) {
    box.addEventListener("scroll", () => mark(box), { passive: true });
    resized.observe(box);
    resized.observe(one("table", box)); // rows come and go, and open
  }
}
