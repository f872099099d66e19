// @ts-check
// The rows of figures below the CPU and the memory chart: what the bands do not say.

import { bytes, count, known, percent, rate, short } from "../format.js";
import { one } from "./dom.js";
import { Figures } from "./figures.js";

/** @typedef {import("./figures.js").Entry<any>} Entry */

/** @type {Entry[]} */
const cpu = [
  { label: "clock", read: (s) => (known(s.frequency?.mean) ? hertz(s.frequency.mean) : null), title: (s) => `mean of all cores; at most ${hertz(s.frequency?.max)}` },
  { label: "governor", read: (s) => s.frequency?.governor || null, title: () => "how the kernel chooses the clock" },
  { label: "switches", read: (s) => often(s.cpu?.context_switches), title: () => "context switches: how often a processor went from one task to another" },
  { label: "started", read: (s) => often(s.cpu?.forks), title: () => "processes and threads started" },
  { label: "running", read: (s) => whole(s.cpu?.running), title: () => "threads that run, or wait for a processor" },
  { label: "blocked", read: (s) => whole(s.cpu?.blocked), title: () => "threads that wait for a disk" },
];

/** @type {Entry[]} */
const memory = [
  { label: "programs", read: (s) => size(s.memory?.anonymous), title: (s) => `anonymous: memory that no file stands behind; promised to programs ${bytes(s.memory?.committed)}, limit ${bytes(s.memory?.commit_limit)}` },
  { label: "cache", read: (s) => size(s.memory?.cached), title: (s) => `files, and what the kernel can give back; of it shared ${bytes(s.memory?.shared)}` },
  { label: "kernel", read: (s) => size(kernel(s.memory)), title: (s) => `slab ${bytes(s.memory?.slab_used)}, stacks ${bytes(s.memory?.kernel_stacks)}, page tables ${bytes(s.memory?.page_tables)}` },
  { label: "to be written", read: (s) => size(s.memory?.dirty), title: () => "dirty: changed in memory, not yet on a disk" },
  { label: "huge pages", read: (s) => (s.memory?.huge_total > 0 ? bytes(s.memory.huge_total) : null), title: (s) => `set aside; free of it ${bytes(s.memory?.huge_free)}` },
  { label: "ZFS cache", read: (s) => (s.memory?.arc > 0 ? bytes(s.memory.arc) : null) },
  { label: "swap in", read: (s) => flow(s, "swap_in"), title: () => "read back from swap" },
  { label: "swap out", read: (s) => flow(s, "swap_out"), title: () => "written to swap" },
  { label: "hard faults", read: (s) => often(s.paging?.major_faults), title: () => "times a program waited for a disk to have its memory" },
  { label: "OOM kills", read: (s) => (s.paging?.oom_kills > 0 ? count(s.paging.oom_kills) : null), level: () => "warn", title: () => "since boot, processes the kernel killed because memory had run out" },
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
