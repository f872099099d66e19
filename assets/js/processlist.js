// @ts-check
// Which processes a table shows, and in which order. Pure.

/**
 * @typedef {object} Process
 * @property {number} pid
 * @property {number} parent
 * @property {string} name
 * @property {string} command
 * @property {string} user
 * @property {string} state
 * @property {string} [service]
 * @property {string} [container]
 * @property {number | null} cpu
 * @property {number} [children_cpu] of children that have ended
 * @property {number} memory
 * @property {number | null} read_rate
 * @property {number | null} write_rate
 * @property {number} threads
 * @property {number} started
 * @property {number} [depth] in the tree
 * @property {boolean} [past] it is of a moment that has passed: history keeps less of it
 */
/** @typedef {"pid" | "name" | "command" | "user" | "service" | "state" | "cpu" | "memory" | "io" | "threads" | "parent"} Column */

/** Columns that start with the greatest. @type {Column[]} */
export const downwards = ["cpu", "memory", "io", "threads"];

/** The server's orders of a tree, by column: it sorts what has the same parent. @type {Partial<Record<Column, string>>} */
export const treeOrders = { pid: "pid", name: "name", user: "user", cpu: "cpu", memory: "memory", threads: "threads" };

/**
 * What a process reads and writes on disks, together.
 * @param {Process} p
 * @returns {number | null} null where neither is known
 */
export function traffic(p) {
  return p.read_rate == null && p.write_rate == null ? null : (p.read_rate ?? 0) + (p.write_rate ?? 0);
}

/**
 * What a process uses with its children that have ended.
 * @param {Process} p
 * @returns {number | null} null where neither is known
 */
export function cores(p) {
  return p.children_cpu ? (p.cpu ?? 0) + p.children_cpu : p.cpu;
}

/**
 * What a process is part of: its container, or else its service.
 * @param {Process} p
 */
export function group(p) {
  return p.container || p.service || "";
}

/**
 * @param {string} words what the reader looks for
 * @returns {(p: Process) => boolean}
 */
export function filter(words) {
  const wanted = words.trim().toLowerCase();
  if (wanted === "") return () => true;
  const has = (/** @type {string | undefined} */ text) => text !== undefined && text.toLowerCase().includes(wanted);
  return (p) => String(p.pid) === wanted || has(p.name) || has(p.user) || has(p.command) || has(p.service) || has(p.container);
}

/**
 * As shown, so that digits nobody sees do not shuffle rows; then by what stays.
 * @param {Column} column
 * @param {number} sign -1 is the greatest first
 * @returns {(a: Process, b: Process) => number}
 */
export function order(column, sign) {
  return (a, b) => {
    const [x, y] = [value(a, column), value(b, column)];
    const first = typeof x === "string" ? collator.compare(x, String(y)) : x - Number(y);
    return sign * first || b.memory - a.memory || a.pid - b.pid;
  };
}

/** Much faster than localeCompare, for ten thousand names. */
const collator = new Intl.Collator("en");

/** @param {Process} p @param {Column} column @returns {string | number} */
function value(p, column) {
  if (column === "cpu") return Math.round((cores(p) ?? -1) * 1000);
  if (column === "io") return traffic(p) ?? -1;
  if (column === "service") return group(p);
  return p[column] ?? "";
}

/**
 * Those of a tree that fit, each with those it descends from, so that its place can be seen.
 * @param {Process[]} tree every process behind its parent
 * @param {(p: Process) => boolean} fits
 * @returns {Process[]}
 */
export function branches(tree, fits) {
  const kept = [];
  let above = 0; // what is less deep than this, on the way up, is an ancestor of one that was kept
  for (let i = tree.length - 1; i >= 0; i--) {
    const depth = tree[i].depth ?? 0;
    if (depth >= above && !fits(tree[i])) continue;
    kept.push(tree[i]);
    above = depth;
  }
  return kept.reverse();
}
