// @ts-check
// What the host's connections do: TCP by state, what is opened and what goes wrong each second, and how full the
// kernel's tables are.

import { count, known, percent, three } from "../format.js";
import { say } from "../words/words.js";
import { one, reveal } from "./dom.js";
import { Figures } from "./figures.js";
import { fullness } from "./level.js";
import { whenSeen } from "./seen.js";

/** A limit above this is none: the kernel's default for files is the greatest number it has. */
const boundless = 1e12;

export class Sockets {
  #root = one("#sockets");
  /** @type {any} */
  #snapshot = null;
  /** @type {Figures<any>[]} */
  #groups = [
    new Figures([
      { label: "tables.established", read: (s) => whole(s.sockets?.tcp?.established) },
      { label: "tables.listening", read: (s) => whole(s.sockets?.tcp?.listen) },
      { label: "tables.opening", read: (s) => whole(sum(s.sockets?.tcp, "syn_sent", "syn_received")), title: () => say("tables.opening_title") },
      { label: "tables.closing", read: (s) => whole(sum(s.sockets?.tcp, "fin_wait", "last_ack", "closing")), title: () => say("tables.closing_title") },
      { label: "tables.close_wait", read: (s) => whole(s.sockets?.tcp?.close_wait), title: () => say("tables.close_wait_title") },
      { label: "tables.time_wait", read: (s) => whole(s.sockets?.tcp?.time_wait) },
      { label: "tables.orphaned", read: (s) => whole(s.sockets?.tcp?.orphans), title: () => say("tables.orphaned_title") },
      { label: "tables.udp", read: (s) => whole(s.sockets?.udp) },
    ]),
    new Figures([
      { label: "tables.opened", read: (s) => often(s.sockets?.opened), title: () => say("tables.opened_title") },
      { label: "tables.accepted", read: (s) => often(s.sockets?.accepted), title: () => say("tables.accepted_title") },
      { label: "tables.failed", read: (s) => often(s.sockets?.failed), title: () => say("tables.failed_title") },
      { label: "tables.resets", read: (s) => often(s.sockets?.resets) },
      { label: "tables.retransmits", read: (s) => retransmits(s.sockets), title: () => say("tables.retransmits_title") },
      { label: "tables.listen_overflows", read: (s) => often(s.sockets?.listen_overflows), title: () => say("tables.listen_overflows_title"), level: (s) => (s.sockets?.listen_overflows > 0 ? "warn" : "") },
      { label: "tables.udp_drops", read: (s) => often(s.sockets?.udp_drops), title: () => say("tables.udp_drops_title"), level: (s) => (s.sockets?.udp_drops > 0 ? "warn" : "") },
      { label: "tables.full_accept_queues", read: (s) => queues(s.sockets?.full_listeners), title: (s) => queues(s.sockets?.full_listeners, true) ?? "", level: () => "warn", wide: true },
    ]),
    new Figures([
      { label: "tables.tracked_connections", broad: true, read: (s) => limited(s.sockets?.conntrack, s.sockets?.conntrack_limit), ratio: (s) => part(s.sockets?.conntrack, s.sockets?.conntrack_limit), level: (s) => fullness(part(s.sockets?.conntrack, s.sockets?.conntrack_limit)).level },
      { label: "tables.open_files", broad: true, read: (s) => limited(s.handles?.allocated, s.handles?.maximum), ratio: (s) => part(s.handles?.allocated, s.handles?.maximum), level: (s) => fullness(part(s.handles?.allocated, s.handles?.maximum)).level },
    ]),
  ];

  constructor() {
    one(".figure-groups", this.#root).append(...this.#groups.map((group) => group.list));
  }

  /** @param {any} s snapshot */
  show(s) {
    reveal(this.#root, Boolean(s.sockets || s.handles));
    this.#snapshot = s;
    this.#update();
  }

  #update = whenSeen(this.#root, () => {
    for (const group of this.#groups) group.show(this.#snapshot);
  });
}

/** @param {number | null | undefined} v */
function whole(v) {
  return known(v) ? count(v) : null;
}

/** @param {number | null | undefined} v */
function often(v) {
  return known(v) ? `${v === 0 ? "0" : three(v)}/s` : null;
}

/** @param {any} states @param {string[]} names */
function sum(states, ...names) {
  let all = null;
  for (const name of names) if (known(states?.[name])) all = (all ?? 0) + states[name];
  return all;
}

/** @param {any[] | undefined} listeners @param {boolean} [whole] with addresses @returns {string | null} */
function queues(listeners, whole = false) {
  if (!listeners?.length) return null;
  const told = listeners.map((l) => `${whole ? `${l.address} ` : ""}${say("tables.queue_of", { port: String(l.port), queue: l.queue, limit: l.limit })}`);
  return told.join(say("host.comma"));
}

/** @param {any} sockets */
function retransmits(sockets) {
  const again = often(sockets?.retransmits);
  const ratio = part(sockets?.retransmits, sockets?.segments_out);
  return again === null || ratio === null ? again : `${again} · ${percent(ratio)}`;
}

/** @param {number | null | undefined} v @param {number | null | undefined} of */
function part(v, of) {
  return known(v) && known(of) && of > 0 && of < boundless ? v / of : null;
}

/** @param {number | null | undefined} v @param {number | null | undefined} limit */
function limited(v, limit) {
  const word = fullness(part(v, limit)).word;
  return known(v) ? [part(v, limit) === null ? count(v) : say("tables.of", { used: count(v), limit: count(limit) }), word].filter(Boolean).join(" · ") : null;
}
