// @ts-check
// Which time the page shows: a span that ends with the newest reading, or one that stands still, and in it the moment the
// reader has picked, if any. All times are Unix milliseconds on the server's clock. Pure.

/** @typedef {{span: number, end: number, moment: number}} Place end and moment are NaN where there is none */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** The spans to choose from, by the names they have in an address. */
export const spans = /** @type {const} */ ({
  "1m": minute, "5m": 5 * minute, "15m": 15 * minute, "1h": hour, "6h": 6 * hour, "24h": day, "7d": 7 * day, "30d": 30 * day,
});

/** @typedef {keyof typeof spans} Range */

const units = { s: second, m: minute, h: hour, d: day };

/** As an address has it: one of the names, or any other span in seconds. @param {number} span */
export function spanName(span) {
  return Object.entries(spans).find(([, one]) => one === span)?.[0] ?? `${span / second}s`;
}

/** A span as an address says it: "1h", "70s", "1.5h". @param {string} text @returns {number} NaN where it is none */
export function spanOf(text) {
  const [, n, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  return n ? Math.round(Number(n) * units[/** @type {keyof typeof units} */ (unit)]) : NaN;
}

/** What is worth a look, and what history may reach back to. */
const least = 10 * second;
const most = 32 * day;
/** How many places there are to go back to. */
const memory = 50;

export class Window {
  /** @type {Place} */
  #place = { span: spans["5m"], end: NaN, moment: NaN };
  /** @type {Place[]} */
  #before = [];
  /** where the steps that are under way began @type {Place | null} */
  #began = null;
  /** when the newest reading was taken */
  #newest = NaN;
  /** @type {((chosen: boolean) => void)[]} */
  #followers = [];

  /** @param {(chosen: boolean) => void} follower told after each change; chosen: it is a new place, not a step on the way to one */
  follow(follower) {
    this.#followers.push(follower);
  }

  /** Time goes on. What follows the newest reading moves with it; nobody is told. @param {number} at may be earlier than before: the clock was set */
  advance(at) {
    this.#newest = at;
  }

  get newest() {
    return this.#newest;
  }

  get span() {
    return this.#place.span;
  }

  /** The name of the span, where it is one of those to choose from. @returns {Range | undefined} */
  get range() {
    return /** @type {Range[]} */ (Object.keys(spans)).find((name) => spans[name] === this.#place.span);
  }

  /** Whether the right edge follows the newest reading. */
  get live() {
    return Number.isNaN(this.#place.end);
  }

  /** The moment picked, NaN: none. */
  get moment() {
    return this.#place.moment;
  }

  /** The moment that all of the page is of: the one picked, or the right edge of what stands still in the past. NaN: now. */
  get told() {
    if (!Number.isNaN(this.#place.moment)) return this.#place.moment;
    return this.#place.end >= this.#newest ? NaN : this.#place.end;
  }

  get to() {
    return this.live ? this.#newest : this.#place.end;
  }

  get from() {
    return this.to - this.#place.span;
  }

  get canGoBack() {
    return this.#before.length > 0;
  }

  /** As it can be kept. @returns {Place} */
  get place() {
    return { ...this.#place };
  }

  /** @param {Place} place @param {boolean} [chosen] */
  restore({ span, end, moment }, chosen = true) {
    const place = { span: clamp(span), end, moment };
    const back = this.#before.findLastIndex((before) => same(before, place));
    if (back >= 0) this.#before.length = back; // the browser has gone back, and so have we
    this.#move(place, chosen, false);
  }

  /** A span of the list. What stands still keeps its right edge; a picked moment stays in sight. @param {Range} range */
  choose(range) {
    const span = spans[range];
    let { end, moment } = this.#place;
    if (!Number.isNaN(moment) && (moment < end - span || moment > end)) end = this.#capped(moment + span / 2);
    this.#move({ span, end, moment });
  }

  /** Exactly this time. @param {number} from @param {number} to */
  show(from, to) {
    if (!(from < to)) return;
    const span = clamp(to - from);
    const middle = (from + to) / 2;
    this.#move({ ...this.#place, span, end: this.#still(middle + span / 2, span) });
  }

  /**
   * Longer or shorter, with one moment staying where it is.
   * @param {number} factor above 1: more time
   * @param {number} around
   * @param {boolean} [chosen]
   */
  scale(factor, around, chosen = true) {
    const span = clamp(this.span * factor);
    if (span === this.span) return;
    const share = (this.to - around) / this.span;
    this.#move({ ...this.#place, span, end: this.#still(around + share * span, span) }, chosen);
  }

  /** @param {number} by milliseconds, to later ones when positive @param {boolean} [chosen] */
  pan(by, chosen = true) {
    if (this.live && by >= 0) return;
    this.#move({ ...this.#place, end: this.#still(this.to + by, this.span) }, chosen);
  }

  /** The steps on the way have come to rest: this is a place. */
  settle() {
    if (!this.#began) return;
    this.#keep(this.#began);
    for (const follower of this.#followers) follower(true);
  }

  /** The steps on the way lead nowhere: it is where they began. */
  undo() {
    if (this.#began) this.#move(this.#began, true, false);
  }

  /** Where it was before. */
  back() {
    const before = this.#before.pop();
    if (before) this.#move(before, true, false);
  }

  /** Stop at a moment. What follows the newest reading stands still from now on. @param {number} at @param {boolean} [chosen] */
  pick(at, chosen = true) {
    if (Number.isNaN(at) || Number.isNaN(this.to)) return;
    const moment = Math.round(at);
    let end = this.to;
    if (moment < this.from || moment > end) end = this.#capped(moment + this.span / 2);
    this.#move({ span: this.span, end, moment }, chosen);
  }

  /** Stand still, where it is. */
  pause() {
    if (this.live && !Number.isNaN(this.#newest)) this.#move({ ...this.#place, end: this.#newest });
  }

  /** Follow the newest reading, with no moment picked. */
  resume() {
    const span = this.span > spans["30d"] ? spans["30d"] : this.span;
    if (this.live && Number.isNaN(this.moment)) return;
    this.#move({ span, end: NaN, moment: NaN });
  }

  /**
   * A right edge that does not lie in the future: what reaches the newest reading follows it, unless a moment is picked.
   * @param {number} end
   * @param {number} span
   */
  #still(end, span) {
    if (Number.isNaN(this.#newest) || end < this.#newest - span / 1000) return end;
    return Number.isNaN(this.#place.moment) ? NaN : this.#newest;
  }

  /** @param {number} end */
  #capped(end) {
    return Number.isNaN(this.#newest) ? end : Math.min(end, this.#newest);
  }

  /** @param {Place} place @param {boolean} [chosen] @param {boolean} [remembered] */
  #move(place, chosen = true, remembered = true) {
    const now = this.#place;
    place = { span: Math.round(place.span), end: Math.round(place.end), moment: place.moment }; // as an address has it
    if (same(now, place)) return;
    if (!chosen) this.#began ??= now;
    else if (remembered) this.#keep(this.#began ?? now);
    else this.#began = null;
    this.#place = place;
    for (const follower of this.#followers) follower(chosen);
  }

  /** @param {Place} place to go back to */
  #keep(place) {
    this.#began = null;
    this.#before.push(place);
    if (this.#before.length > memory) this.#before.shift();
  }
}

/** @param {Place} a @param {Place} b */
function same(a, b) {
  return a.span === b.span && Object.is(a.end, b.end) && Object.is(a.moment, b.moment);
}

/** @param {number} span */
function clamp(span) {
  return Math.min(most, Math.max(least, span));
}
