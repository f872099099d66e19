// @ts-check
// A card for each control group that is known: the one fivewire runs in, and those beside it. What they use, against
// what they may.

import { bytes, count, known, percent, rate, three, unknown } from "../format.js";
import { say } from "../words/words.js";
import { one, reveal, write } from "./dom.js";
import { Figures } from "./figures.js";
import { fullness } from "./level.js";
import { whenSeen } from "./seen.js";

/** Held back for more than this part of its periods, a group is slow because of its limit. */
const held = 0.05;

/** @typedef {{root: HTMLElement, title: HTMLElement, figures: Figures<any>}} Card */

export class Containers {
  #root = one("#containers");
  #box = one(".cards", this.#root);
  /** @type {Map<string, Card>} */
  #cards = new Map();
  /** @type {any} */
  #snapshot = {};

  /** @param {any} s snapshot */
  show(s) {
    this.#snapshot = s;
    const there = Boolean(s.container || s.neighbours?.length);
    reveal(this.#root, there);
    if (there) this.#update();
  }

  #update = whenSeen(this.#root, () => {
    const { container, neighbours } = this.#snapshot;
    const seen = new Set();
    const put = (/** @type {string} */ key, /** @type {string} */ title, /** @type {any} */ group) => {
      seen.add(key);
      const card = this.#card(key);
      write(card.title, title);
      card.figures.show(group);
      if (card.root !== this.#box.children[seen.size - 1]) this.#box.insertBefore(card.root, this.#box.children[seen.size - 1] ?? null);
    };
    if (container) put("own", called(container), container);
    for (const group of neighbours ?? []) put(`${group.name}\n${group.path}\n${group.pid}`, say("tables.neighbour", { name: group.name }), group);
    for (const [key, { root }] of this.#cards) {
      if (seen.has(key)) continue;
      root.remove();
      this.#cards.delete(key);
    }
  });

  /** @param {string} key @returns {Card} */
  #card(key) {
    let found = this.#cards.get(key);
    if (!found) {
      const root = document.createElement("article");
      const title = document.createElement("h3");
      const figures = new Figures(entries);
      root.className = "card";
      title.className = "card-title";
      root.append(title, figures.list);
      found = { root, title, figures };
      this.#cards.set(key, found);
    }
    return found;
  }
}

/** What runs as a service of the host is in a control group as well, and in no container. @param {any} group */
function called({ name }) {
  return /\.(service|scope|slice)$/.test(name) ? say("tables.own_group", { name }) : say("tables.this_container", { name });
}

/** @type {import("./figures.js").Entry<any>[]} */
const entries = [
  { label: "tables.cpu", read: (g) => of(g.cpu, g.cpu_limit, cores, "tables.cores_used"), ratio: (g) => part(g.cpu, g.cpu_limit) },
  { label: "tables.throttled", read: (g) => (known(g.throttled) ? percent(g.throttled) : null), level: (g) => (g.throttled > held ? "warn" : ""), title: () => say("tables.throttled_title") },
  {
    label: "tables.working_set", read: (g) => of(g.working_set, g.memory_limit, bytes), ratio: (g) => part(g.working_set, g.memory_limit),
    level: (g) => fullness(known(g.memory_pressed) ? g.memory_pressed : part(g.working_set, g.memory_limit)).level,
    title: (g) => say("tables.working_set_title", { all: bytes(g.memory), peak: bytes(g.peak) }),
  },
  { label: "tables.memory_high", read: (g) => (known(g.memory_high) ? bytes(g.memory_high) : null), title: () => say("tables.memory_high_title") },
  { label: "tables.oom_kills", read: (g) => (known(g.oom_kills) ? count(g.oom_kills) : null), level: (g) => (g.oom_kills > 0 ? "alarm" : ""), title: () => say("tables.oom_kills_title") },
  { label: "tables.tasks", read: (g) => of(g.tasks, g.tasks_limit, count), ratio: (g) => part(g.tasks, g.tasks_limit), level: (g) => fullness(part(g.tasks, g.tasks_limit)).level },
  { label: "tables.disk_read", read: (g) => (known(g.read_rate) ? rate(g.read_rate) : null) },
  { label: "tables.disk_write", read: (g) => (known(g.write_rate) ? rate(g.write_rate) : null) },
  { label: "tables.stalled_cpu", read: (g) => stall(g.pressure?.cpu?.some), title: () => say("tables.stalled_cpu_title") },
  { label: "tables.stalled_memory", read: (g) => stall(g.pressure?.memory?.full), title: () => say("tables.stalled_memory_title") },
  { label: "tables.stalled_disks", read: (g) => stall(g.pressure?.io?.full), title: () => say("tables.stalled_disks_title") },
];

/** @param {number} v */
function cores(v) {
  return Number.isInteger(v) ? String(v) : three(v);
}

/** @param {number | null | undefined} v */
function stall(v) {
  return known(v) ? percent(v) : null;
}

/** @param {number | null | undefined} v @param {number | null | undefined} limit */
function part(v, limit) {
  return known(v) && known(limit) && limit > 0 ? v / limit : null;
}

/**
 * @param {number | null | undefined} v
 * @param {number | null | undefined} limit
 * @param {(v: number) => string} format
 * @param {string} [counted] the key of words that say what of
 */
function of(v, limit, format, counted) {
  if (!known(v) && !known(limit)) return null;
  const used = known(v) ? format(v) : unknown;
  const told = known(limit) ? say("tables.of", { used, limit: format(limit) }) : used;
  return counted ? say(counted, { figure: told }) : told;
}
