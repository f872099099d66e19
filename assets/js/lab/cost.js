// @ts-check
// What a delivered message has cost on a lane, column by column. Bytes, requests, connections and packets are the server's
// meter's; ages, missed and doubled messages are this page's. Pure but for the words. To add a column, add an entry.

import { bytes, count, delay, percent, three, unknown } from "../format.js";

/** @typedef {import("./figures.js").Figures} Figures */
/**
 * What a lane knows of itself at one moment.
 * @typedef {object} Facts
 * @property {Figures | null} figures
 * @property {import("./lane.js").Counts} counts
 * @property {number} median age on arrival, seconds
 * @property {number} p99
 */
/**
 * @typedef {object} Column
 * @property {string} id
 * @property {string} label
 * @property {string} help what it is and where it comes from
 * @property {(facts: Facts) => number} read NaN: not known
 * @property {(value: number, values?: Record<string, number>) => string} write values: the whole line's
 * @property {"least" | "most"} [best] who wins; nobody without it
 * @property {boolean} [seldom] not shown where no lane has it
 */

/** Bytes of a part in both directions for each message. @param {Facts} facts @param {"total" | "head" | "framing" | "payload"} part */
function bytesOf({ figures }, part) {
  if (!figures || (figures.measured === "body" && part !== "payload")) return NaN;
  return each(figures.bytes.in[part] + figures.bytes.out[part], figures);
}

/**
 * Nothing goes around a message in no bytes: a poll's answer that is compressed as one has its envelope in the payload.
 * @param {Facts} facts
 */
const framingOf = (facts) => bytesOf(facts, "framing") || NaN;

/** What TLS adds; not known where there is none. @param {Facts} facts */
function tlsOf({ figures }) {
  if (!figures) return NaN;
  const { in: up, out: down } = figures.bytes;
  return up.tls === undefined && down.tls === undefined ? NaN : each((up.tls ?? 0) + (down.tls ?? 0), figures);
}

/** @param {number} amount @param {Figures} figures */
function each(amount, { messages }) {
  return messages > 0 ? amount / messages : NaN;
}

/**
 * The share of the payload; where framing is in it, which nobody can tell apart, it is no more than that.
 * @param {number} share @param {Record<string, number>} [values]
 */
const atMost = (share, values) => (values && Number.isNaN(values.framing) && !Number.isNaN(share) ? `≤ ${percent(share)}` : percent(share));

/** @param {number} v */
const ratio = (v) => (Number.isNaN(v) ? unknown : Number.isInteger(v) ? String(v) : three(v));

/** @type {Column[]} */
export const columns = [
  { id: "messages", label: "costs.messages", help: "costs.messages_help", read: ({ figures }) => figures?.messages ?? NaN, write: count },
  { id: "payload", label: "costs.payload", help: "costs.payload_help", read: (facts) => bytesOf(facts, "payload"), write: bytes, best: "least" },
  { id: "framing", label: "costs.framing", help: "costs.framing_help", read: framingOf, write: bytes, best: "least" },
  { id: "heads", label: "costs.heads", help: "costs.heads_help", read: (facts) => bytesOf(facts, "head"), write: bytes, best: "least" },
  { id: "total", label: "costs.total", help: "costs.total_help", read: (facts) => bytesOf(facts, "total"), write: bytes, best: "least" },
  { id: "tls", label: "costs.tls", help: "costs.tls_help", read: tlsOf, write: bytes, best: "least", seldom: true },
  { id: "efficiency", label: "costs.efficiency", help: "costs.efficiency_help", read: (facts) => bytesOf(facts, "payload") / bytesOf(facts, "total"), write: atMost, best: "most" },
  { id: "packets", label: "costs.packets", help: "costs.packets_help", read: ({ figures }) => (figures?.packets ? each(figures.packets.in + figures.packets.out, figures) : NaN), write: ratio, best: "least" },
  { id: "requests", label: "costs.requests", help: "costs.requests_help", read: ({ figures }) => (figures ? each(figures.requests, figures) : NaN), write: ratio, best: "least" },
  { id: "connections", label: "costs.connections", help: "costs.connections_help", read: ({ figures }) => figures?.connections ?? NaN, write: count, best: "least" },
  { id: "median", label: "costs.median", help: "costs.age_help", read: ({ median }) => median, write: delay, best: "least" },
  { id: "p99", label: "costs.p99", help: "costs.age_help", read: ({ p99 }) => p99, write: delay, best: "least" },
  { id: "missed", label: "costs.missed", help: "costs.missed_help", read: ({ counts }) => counts.missed, write: count, best: "least" },
  { id: "duplicates", label: "costs.duplicates", help: "costs.duplicates_help", read: ({ counts }) => counts.duplicates, write: count, best: "least" },
];

/**
 * Whether a column is worth its place.
 * @param {Column} column
 * @param {{values: Record<string, number>}[]} lines
 */
export function shown({ id, seldom }, lines) {
  return !seldom || lines.some(({ values }) => !Number.isNaN(values[id]));
}

/**
 * What a lane has come to.
 * @param {import("./lane.js").Lane} lane
 * @param {number} offset the clock's
 * @returns {Record<string, number>} by column; NaN where it is not known
 */
export function costs(lane, offset) {
  const [median, p99] = lane.ages.percentiles([0.5, 0.99], offset);
  const facts = { figures: lane.figures, counts: lane.counts, median, p99 };
  return Object.fromEntries(columns.map(({ id, read }) => [id, read(facts)]));
}

/** Who has counted so much longer or shorter than the others is not compared with them: seconds, and a part of theirs. */
const apart = { seconds: 3, part: 0.1 };

/**
 * Whose figures are not to be compared with the others': who does not run, unless nobody does, what was broken on purpose,
 * unless all were, who wanted fewer messages, unless all wanted as few, and who has counted for another time than most. In a lesson those that it has stopped are the most.
 * @param {{seconds: number, broken: boolean, running: boolean, thin: string}[]} lines
 * @returns {{usual: number, why: ("" | "stopped" | "fault" | "thin" | "time")[]}} usual: seconds that the others have counted
 */
export function compare(lines) {
  const none = !lines.some(({ running }) => running);
  const there = lines.filter(({ running }) => running || none);
  const sound = there.filter(({ seconds, broken }) => !broken && seconds > 0);
  const most = sound.length > 0 ? sound : there;
  const alike = most.every(({ thin }) => thin === most[0].thin);
  const times = most.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const usual = times[times.length >> 1] ?? 0;
  const far = Math.max(apart.seconds, apart.part * usual);
  return {
    usual,
    why: lines.map(({ seconds, broken, running, thin }) => {
      if (!running && !none) return "stopped";
      if (broken && sound.length > 0) return "fault";
      return thin && !alike ? "thin" : Math.abs(seconds - usual) > far ? "time" : "";
    }),
  };
}

/**
 * Who is best in a column: those that nobody is better than, as far as the screen shows it; nobody when all are alike.
 * @param {Column} column
 * @param {number[]} values
 * @returns {boolean[]}
 */
export function winners({ write, best }, values) {
  const there = values.filter((v) => !Number.isNaN(v));
  const shown = new Set(there.map((v) => write(v)));
  if (!best || shown.size < 2) return values.map(() => false);
  const first = write(best === "least" ? Math.min(...there) : Math.max(...there));
  return values.map((v) => !Number.isNaN(v) && write(v) === first);
}
