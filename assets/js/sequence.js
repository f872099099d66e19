// @ts-check
// What the page has, and what it lost: order, duplicates and gaps, judged by the ids alone.

export class Sequence {
  /** The id of the last message taken, "" at first. */
  cursor = "";
  #epoch = "";
  #seq = 0;
  /** whether jumps were wanted when the last message was taken */
  #thinned = false;

  /** Messages taken; lost before one that was taken; sent twice by one connection. */
  counts = { messages: 0, missed: 0, duplicates: 0 };

  /**
   * Whether to take a message. One that another connection has brought already is left, quietly: while two techniques
   * hand over, both bring the same. A jump in the numbers makes the message one after a gap, whoever is to blame; but a jump
   * that began while jumps were wanted was asked for.
   * @param {import("./message.js").Message} message
   * @param {{epoch: string, seq: number}} link what the same connection brought last; it is brought up to date
   * @param {boolean} thinned whether jumps are wanted
   * @returns {boolean}
   */
  take(message, link, thinned) {
    const { epoch, seq } = message;
    if (epoch === link.epoch && seq <= link.seq) {
      this.counts.duplicates++;
      return false;
    }
    link.epoch = epoch;
    link.seq = seq;
    if (epoch === this.#epoch) {
      if (seq <= this.#seq) return false;
      if (seq > this.#seq + 1 && (message.gap || !(thinned || this.#thinned))) {
        this.counts.missed += seq - this.#seq - 1;
        message.gap = true;
      }
    } else if (this.#epoch) {
      this.counts.missed += seq - 1; // of the new epoch; what the old one still had, nobody can say
      message.gap = true;
    }
    this.#epoch = epoch;
    this.#seq = seq;
    this.#thinned = thinned;
    this.cursor = message.id;
    this.counts.messages++;
    return true;
  }
}
