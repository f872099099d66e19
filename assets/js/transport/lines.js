// @ts-check
// Cuts a stream of bytes into lines. A chunk is no message: it may end inside a line, and inside a character.

export class Lines {
  #decoder = new TextDecoder();
  #rest = "";

  /**
   * The lines that these bytes complete, without their line feeds. What is left waits for the next chunk.
   * @param {Uint8Array} chunk
   * @returns {string[]}
   */
  push(chunk) {
    const parts = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = parts.pop() ?? "";
    return parts;
  }
}
