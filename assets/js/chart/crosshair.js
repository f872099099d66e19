// @ts-check
// What all charts show at once: the moment the reader points at, the one picked, the time being selected, and marks. NaN:
// there is none. Pure.

/** @typedef {{at: number, kind: string, text: string}} Mark */

export class Crosshair {
  /** Unix milliseconds on the server's clock */
  at = NaN;
  /** picked: the page shows this moment */
  moment = NaN;
  /** the time between the two ends of a drag */
  first = NaN;
  last = NaN;
  /** in the order of time @type {Mark[]} */
  marks = [];
  /** @type {(() => void)[]} */
  #followers = [];

  /** @param {() => void} follower told after each move */
  follow(follower) {
    this.#followers.push(follower);
  }

  /** @param {number} at NaN lets go */
  move(at) {
    if (Object.is(at, this.at)) return;
    this.at = at;
    this.tell();
  }

  /** @param {number} first @param {number} last NaN: nothing is selected any more */
  select(first, last) {
    if (Object.is(first, this.first) && Object.is(last, this.last)) return;
    this.first = first;
    this.last = last;
    this.tell();
  }

  tell() {
    for (const follower of this.#followers) follower();
  }
}
