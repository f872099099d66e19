// @ts-check
// The menu of each chart: its picture, its numbers as a file, and its numbers as a table for who cannot see a picture.

import { caption, say } from "../words/words.js";
import { between, longMoment } from "./charts.js";
import { make, one, write } from "./dom.js";

/** Rows of the table: a reader goes through them one by one. */
const most = 120;

export class ChartMenus {
  #charts;
  #taking;
  #window;
  #dialog = /** @type {HTMLDialogElement} */ (one("dialog#numbers"));

  /**
   * @param {import("./charts.js").Charts} charts
   * @param {import("./taking.js").Taking} taking
   * @param {import("../time/window.js").Window} window
   */
  constructor(charts, taking, window) {
    this.#charts = charts;
    this.#taking = taking;
    this.#window = window;
    for (const { root, entry } of charts.list) {
      const menu = make("details", "menu chart-menu");
      const summary = make("summary", "toggle", "⋯");
      const body = make("div", "menu-body");
      caption(summary, "charts.menu", "data-say-label");
      const now = () => /** @type {import("./taking.js").Shown} */ (this.#charts.list.find((shown) => shown.entry === entry));
      for (const [id, act] of /** @type {[string, () => void][]} */ ([
        ["numbers", () => void this.#show(now())],
        ["png", () => this.#taking.chartPNG(now())],
        ["csv", () => void this.#taking.chartCSV(now())],
      ])) {
        const button = make("button", "menu-item");
        button.type = "button";
        button.dataset.testid = `${entry.id}-${id}`;
        caption(button, `charts.take_${id}`);
        button.addEventListener("click", () => {
          menu.open = false;
          act();
        });
        body.append(button);
      }
      menu.append(summary, body);
      one(".chart-head", root).append(menu);
      closing(menu);
    }
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  /** @param {import("./taking.js").Shown} shown */
  async #show(shown) {
    const { at, series } = await this.#taking.numbers(shown);
    const { from, to, newest } = this.#window;
    write(one("#numbers-title"), `${say(shown.entry.title)} · ${between(from, to, newest)}`);
    const every = Math.max(1, Math.ceil(at.length / most));
    write(one("#numbers-note"), every > 1 ? say("charts.every_nth", { n: every }) : "");
    const table = make("table");
    const head = table.createTHead().insertRow();
    for (const title of [say("charts.time"), ...series.map(({ title }) => title)]) {
      const cell = make("th", "", title);
      cell.scope = "col";
      head.append(cell);
    }
    const body = table.createTBody();
    const tell = (/** @type {number | null} */ v) => shown.format(v ?? NaN);
    for (let i = at.length - 1; i >= 0; i -= every) {
      const row = body.insertRow();
      const time = make("th", "", longMoment(at[i], newest));
      time.scope = "row";
      row.append(time, ...series.map(({ avg, max }) => make("td", "number", max[i] !== avg[i] && max[i] !== null ? say("charts.up_to", { mean: tell(avg[i]), most: tell(max[i]) }) : tell(avg[i]))));
    }
    one("#numbers-table").replaceChildren(table);
    this.#dialog.showModal();
  }
}

/** Closes as menus do: by Escape, and by a press elsewhere. @param {HTMLDetailsElement} menu */
export function closing(menu) {
  document.addEventListener("pointerdown", (event) => {
    if (menu.open && !menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    one("summary", menu).focus();
  });
}
