// @ts-check
// Which charts there are. To add one, add an entry.

/** @typedef {import("../chart/scale.js").Unit} Unit */
/**
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} title the key of its words, as are those of the series
 * @property {string} source whose failure makes it stale, and whose absence takes it away
 * @property {string} [sources] all whose failure is told beside it
 * @property {Unit} unit
 * @property {"stack" | "mirror" | "line"} kind
 * @property {[name: string, label: string, ink: string, bare?: "bare"][]} series of a stack, from the bottom; of a mirror, upper and lower; bare lines have no area
 * @property {string} [whole] of a stack: the series whose peaks are outlined, where a point stands for many readings
 * @property {string} [limit] the series that is the top of the axis
 * @property {number} [ceiling] the top of the axis
 * @property {(s: any) => boolean} [there] whether this host tells such a thing
 * @property {"networks" | "disks"} [devices] the part of the snapshot to choose one of
 */

/** @type {Entry[]} */
export const entries = [
  {
    id: "cpu", title: "charts.cpu", source: "cpu", sources: "cpu frequency", unit: "ratio", kind: "stack", ceiling: 1, whole: "cpu.busy",
    series: [
      ["cpu.user", "charts.user", "band-1"], ["cpu.nice", "charts.nice", "band-2"], ["cpu.system", "charts.system", "band-3"],
      ["cpu.interrupts", "charts.interrupts", "band-4"], ["cpu.iowait", "charts.disk_wait", "band-5"], ["cpu.steal", "charts.stolen", "band-6"],
    ],
  },
  {
    id: "memory", title: "charts.memory", source: "memory", sources: "memory swap paging", unit: "bytes", kind: "stack", limit: "memory.total", whole: "memory.used",
    series: [["memory.used", "charts.used", "band-1"], ["memory.reclaimable", "charts.reclaimable", "band-2"], ["memory.free", "charts.free", "band-rest"]],
  },
  {
    // The line is some, the area inside it full: all that is full is some as well.
    id: "pressure", title: "charts.pressure", source: "pressure", unit: "ratio", kind: "line", there: (s) => Boolean(s.pressure),
    series: [
      ["pressure.cpu.some", "charts.cpu_some", "band-1", "bare"], ["pressure.memory.some", "charts.memory_some", "band-6", "bare"], ["pressure.memory.full", "charts.memory_full", "band-6"],
      ["pressure.io.some", "charts.disks_some", "band-5", "bare"], ["pressure.io.full", "charts.disks_full", "band-5"],
    ],
  },
  {
    id: "network", title: "charts.network", source: "networks", unit: "rate", kind: "mirror", devices: "networks",
    series: [["network.receive_rate", "charts.in", "band-1"], ["network.transmit_rate", "charts.out", "band-5"]],
  },
  {
    id: "disk", title: "charts.disks", source: "disks", unit: "rate", kind: "mirror", devices: "disks",
    series: [["disk.read_rate", "charts.read", "band-1"], ["disk.write_rate", "charts.write", "band-5"]],
  },
  { id: "load", title: "charts.load", source: "load", unit: "number", kind: "line", series: [["load.one", "charts.load_one", "band-1"]] },
];
