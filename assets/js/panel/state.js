// @ts-check
// What of the page stands in its address, and how it is told and taken there. To add a piece of state, add an entry.

import { measure, useMeasure } from "../measures.js";
import { theme as worn } from "../theme.js";
import { useZone, zone, zones } from "../zone.js";
import { timeShown, word } from "./address.js";

/**
 * @param {object} page
 * @param {import("../time/window.js").Window} page.window
 * @param {import("./theme.js").Theme} page.theme
 * @param {import("./timebar.js").TimeBar} page.timeBar
 * @param {import("./charts.js").Charts} page.charts
 * @param {import("./arrange.js").Arrange} page.arrange
 * @param {import("./processes.js").Processes} page.processes
 * @param {import("./followed.js").Followed} page.followed
 * @param {import("./lesson.js").Lesson} page.lesson
 * @param {() => void} page.remeasure numbers are told in other measures
 * @returns {import("./address.js").Entry[]}
 */
export function state({ window, theme, timeBar, charts, arrange, processes, followed, lesson, remeasure }) {
  const measured = (/** @type {boolean} */ there) => {
    if (there) {
      timeBar.refresh();
      remeasure();
    }
    return there;
  };
  return [
    timeShown(window, "5m"),
    word("theme", worn, (name) => theme.use(name), "auto"),
    word("zone", zone, (name) => {
      const found = zones.find((one) => one === name);
      if (found) useZone(found);
      return measured(Boolean(found));
    }, "browser"),
    word("traffic", () => measure("traffic"), (name) => measured(useMeasure("traffic", name)), "bytes"),
    word("share", () => measure("share"), (name) => measured(useMeasure("share", name)), "core"),
    word("bands", () => (charts.stacked ? "stacked" : "lines"), (name) => {
      const there = name === "stacked" || name === "lines";
      if (there) charts.stack(name === "stacked");
      return measured(there);
    }, "stacked"),
    word("folded", () => arrange.folded.join() || "-", (ids) => arrange.fold(ids === "-" ? [] : ids.split(",")), "-"),
    word("sort", () => processes.order, (order) => processes.orderBy(order), "-cpu"),
    word("filter", () => processes.filter, (words) => processes.filterBy(words), ""),
    word("columns", () => processes.columns, (columns) => processes.showColumns(columns), "-"),
    word("follow", () => followed.pid, (pid) => followed.follow(pid), ""),
    word("lesson", () => lesson.name, (name) => lesson.take(name), ""),
    word("processes", () => processes.extent, (extent) => processes.extend(extent), "top"),
  ];
}
