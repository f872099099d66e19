// @ts-check
// The moment the reader points at, one for all charts. NaN: none, the charts tell the newest. Pure.

export class Crosshair {
  /** Unix milliseconds on the server's clock */
  at = NaN;
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
    for (const follower of this.#followers) follower();
  }
}
