// @ts-check
// Why do these numbers differ? The same reading by the definitions of other programs, with what they would say now. Each
// definition is computed from the snapshot; what cannot be computed says so. To add one, add an entry.

import { bytes, known, percent, three } from "../format.js";
import { caption } from "../words/words.js";
import { make, one, write } from "./dom.js";

/** @typedef {{tool: string, rule: string, value: (s: any) => string | null}} Entry the tool as it is called, the key of its definition's words; null: not computed here */

/** @param {any} s @param {(m: any) => number} of */
const memory = (s, of) => (s.memory ? bytes(of(s.memory)) : null);
/** What the page cache gives back: without what shared memory holds in it. @param {any} m */
const cache = (m) => m.cached - m.shared;
/** The root filesystem, or else the first. @param {any} s */
const disk = (s) => (s.filesystems ?? []).find((/** @type {any} */ f) => f.mount === "/") ?? s.filesystems?.[0];

/** @type {Record<string, Entry[]>} */
export const definitions = {
  memory: [
    { tool: "fivewire", rule: "differ.memory_here", value: (s) => memory(s, (m) => m.used) },
    { tool: "free (procps 4)", rule: "differ.memory_free_4", value: (s) => memory(s, (m) => m.total - m.available) },
    { tool: "free (procps 3)", rule: "differ.memory_free_3", value: (s) => memory(s, (m) => m.total - m.free - m.buffers - m.cached) },
    { tool: "htop", rule: "differ.memory_htop", value: (s) => memory(s, (m) => m.total - m.free - m.buffers - cache(m)) },
    { tool: "btop", rule: "differ.memory_btop", value: (s) => memory(s, (m) => m.total - m.available) },
    { tool: "top: used", rule: "differ.memory_top", value: (s) => memory(s, (m) => m.total - m.available) },
    { tool: "MemTotal − MemFree", rule: "differ.memory_not_free", value: (s) => memory(s, (m) => m.total - m.free) },
    { tool: "kubectl top pod", rule: "differ.memory_kubectl", value: (s) => (known(s.container?.working_set) ? bytes(s.container.working_set) : null) },
    { tool: "docker stats", rule: "differ.memory_docker", value: (s) => (known(s.container?.working_set) ? bytes(s.container.working_set) : null) },
    { tool: "kubectl top node", rule: "differ.memory_node", value: () => null },
  ],
  cpu: [
    { tool: "fivewire", rule: "differ.cpu_here", value: (s) => share(s.cpu?.busy) },
    { tool: "top, vmstat", rule: "differ.cpu_top", value: (s) => (known(s.cpu?.idle) ? percent(1 - s.cpu.idle - (s.cpu.iowait ?? 0)) : null) },
    { tool: "100 − idle", rule: "differ.cpu_not_idle", value: (s) => (known(s.cpu?.idle) ? percent(1 - s.cpu.idle) : null) },
    { tool: "busy − steal", rule: "differ.cpu_own", value: (s) => (known(s.cpu?.busy) ? percent(Math.max(0, s.cpu.busy - (s.cpu.steal ?? 0))) : null) },
    { tool: "docker stats, kubectl top", rule: "differ.cpu_cores", value: (s) => (known(s.cpu?.busy) && s.cpu.cores ? `${percent(s.cpu.busy * s.cpu.cores.length)} = ${Math.round(s.cpu.busy * s.cpu.cores.length * 1000)}m` : null) },
    { tool: "docker stats (container)", rule: "differ.cpu_container", value: (s) => share(s.container?.cpu) },
    { tool: "load / cores", rule: "differ.cpu_load", value: (s) => (known(s.load?.one) && s.cpu?.cores?.length ? three(s.load.one / s.cpu.cores.length) : null) },
  ],
  filesystems: [
    { tool: "fivewire", rule: "differ.disk_here", value: (s) => share(disk(s)?.used_ratio) },
    { tool: "df", rule: "differ.disk_df", value: (s) => (disk(s)?.total ? roundedUp(disk(s).used, disk(s).used + disk(s).available) : null) },
    { tool: "used / size", rule: "differ.disk_size", value: (s) => (disk(s)?.total ? percent(disk(s).used / disk(s).total) : null) },
    { tool: "1 − avail / size", rule: "differ.disk_avail", value: (s) => (disk(s)?.total ? percent(1 - disk(s).available / disk(s).total) : null) },
    { tool: "df: reserved", rule: "differ.disk_reserved", value: (s) => (disk(s)?.total ? bytes(Math.max(0, disk(s).total - disk(s).used - disk(s).available)) : null) },
    { tool: "df -i", rule: "differ.disk_inodes", value: (s) => (disk(s)?.inodes_total ? roundedUp(disk(s).inodes_used, disk(s).inodes_total) : null) },
    { tool: "du", rule: "differ.disk_du", value: () => null },
  ],
};

/** Where each list stands. */
const places = { memory: '[data-chart="memory"]', cpu: '[data-chart="cpu"]', filesystems: "#filesystems" };

export class Differ {
  #lists;

  /** The charts are there already. @param {() => Promise<void>} load its words, when they are first looked at */
  constructor(load) {
    this.#lists = Object.entries(places).map(([name, place]) => {
      const box = make("details", "differ");
      const summary = make("summary");
      const list = make("dl", "words");
      caption(summary, "host.differ");
      box.dataset.testid = `differ-${name}`;
      box.append(summary, list);
      one(place).append(box);
      const values = definitions[name].map(({ tool, rule }) => {
        const value = make("b");
        const rest = make("span");
        caption(rest, rule);
        list.append(make("div", "", make("dt", "", tool), make("dd", "", value, rest)));
        return value;
      });
      box.addEventListener("toggle", () => {
        if (box.open) void load().then(() => this.#latest && this.show(...this.#latest));
      });
      return { name, box, entries: definitions[name], values };
    });
  }

  /** @type {[charted: any, listed: any] | null} */
  #latest = null;

  /**
   * @param {any} charted the snapshot that the charts' figures are of, which may have passed
   * @param {any} [listed] that of the tables
   */
  show(charted, listed = charted) {
    this.#latest = [charted, listed];
    for (const { name, box, entries, values } of this.#lists) {
      if (!box.open) continue;
      entries.forEach(({ value }, i) => {
        const told = value(name === "filesystems" ? listed : charted);
        if (told === null) caption(values[i], "host.not_computed");
        else {
          values[i].removeAttribute("data-say");
          write(values[i], told);
        }
      });
    }
  }
}

/** As df does. @param {number} part @param {number} whole */
function roundedUp(part, whole) {
  return whole > 0 ? `${Math.ceil((100 * part) / whole)} %` : "-";
}

/** @param {number | null | undefined} v @returns {string | null} */
function share(v) {
  return known(v) ? percent(v) : null;
}
