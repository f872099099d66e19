// @ts-check
// The rows of figures below the CPU and the memory chart: what the bands do not say.

import { bytes, count, known, percent, rate, short } from "../format.js";
import { say } from "../words/words.js";
import { one } from "./dom.js";
import { Figures } from "./figures.js";

/** @typedef {import("./figures.js").Entry<any>} Entry */

/** @type {Entry[]} */
const cpu = [
  { label: "charts.clock", read: (s) => (known(s.frequency?.mean) ? hertz(s.frequency.mean) : null), title: (s) => say("charts.clock_title", { most: hertz(s.frequency?.max) }) },
  { label: "charts.governor", read: (s) => s.frequency?.governor || null, title: () => say("charts.governor_title") },
  { label: "charts.switches", read: (s) => often(s.cpu?.context_switches), title: () => say("charts.switches_title") },
  { label: "charts.started_rate", read: (s) => often(s.cpu?.forks), title: () => say("charts.started_title") },
  { label: "charts.running", read: (s) => whole(s.cpu?.running), title: () => say("charts.running_title") },
  { label: "charts.blocked", read: (s) => whole(s.cpu?.blocked), title: () => say("charts.blocked_title") },
];

/** @type {Entry[]} */
const memory = [
  { label: "charts.programs", read: (s) => size(s.memory?.anonymous), title: (s) => say("charts.programs_title", { promised: bytes(s.memory?.committed), limit: bytes(s.memory?.commit_limit) }) },
  { label: "charts.cache", read: (s) => size(s.memory?.cached), title: (s) => say("charts.cache_title", { shared: bytes(s.memory?.shared) }) },
  { label: "charts.kernel", read: (s) => size(kernel(s.memory)), title: (s) => say("charts.kernel_title", { slab: bytes(s.memory?.slab_used), stacks: bytes(s.memory?.kernel_stacks), tables: bytes(s.memory?.page_tables) }) },
  { label: "charts.dirty", read: (s) => size(s.memory?.dirty), title: () => say("charts.dirty_title") },
  { label: "charts.huge_pages", read: (s) => (s.memory?.huge_total > 0 ? bytes(s.memory.huge_total) : null), title: (s) => say("charts.huge_pages_title", { free: bytes(s.memory?.huge_free) }) },
  { label: "charts.zfs_cache", read: (s) => (s.memory?.arc > 0 ? bytes(s.memory.arc) : null) },
  { label: "charts.swap_in", read: (s) => flow(s, "swap_in"), title: () => say("charts.swap_in_title") },
  { label: "charts.swap_out", read: (s) => flow(s, "swap_out"), title: () => say("charts.swap_out_title") },
  { label: "charts.hard_faults", read: (s) => often(s.paging?.major_faults), title: () => say("charts.hard_faults_title") },
  { label: "charts.oom_kills", read: (s) => (s.paging?.oom_kills > 0 ? count(s.paging.oom_kills) : null), level: () => "warn", title: () => say("charts.oom_kills_title") },
];

export class Facts {
  #cpu = new Figures(cpu);
  #memory = new Figures(memory);

  /** The charts are there already. */
  constructor() {
    one('[data-chart="cpu"]').append(this.#cpu.list);
    one('[data-chart="memory"]').append(this.#memory.list);
  }

  /** @param {any} s snapshot */
  show(s) {
    this.#cpu.show(s);
    this.#memory.show(s);
  }
}

/** @param {number | null | undefined} v */
function hertz(v) {
  return known(v) ? `${(v / 1e9).toFixed(2)} GHz` : percent(NaN);
}

/** @param {number | null | undefined} v */
function often(v) {
  return known(v) ? `${v < 10 ? Number(v.toFixed(1)) : short(Number(v.toPrecision(3)))}/s` : null;
}

/** @param {number | null | undefined} v */
function whole(v) {
  return known(v) ? count(v) : null;
}

/** @param {number | null | undefined} v */
function size(v) {
  return known(v) ? bytes(v) : null;
}

/** What the kernel needs for itself and cannot give back. @param {any} m */
function kernel(m) {
  return known(m?.slab_used) ? m.slab_used + (m.kernel_stacks ?? 0) + (m.page_tables ?? 0) : null;
}

/** Where there is no swap, nothing goes there. @param {any} s @param {string} way */
function flow(s, way) {
  return known(s.paging?.[way]) && s.swap?.total > 0 ? rate(s.paging[way]) : null;
}
