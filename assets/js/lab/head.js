// @ts-check
// An HTTP head, and the size of a chunk, taken apart (RFC 9112). Pure.

const latin = new TextDecoder("latin1");

/** @typedef {{start: number, end: number, name: string}} Field where its line is, the line's end included */

/**
 * The lines of a head.
 * @param {Uint8Array} b
 * @returns {{start: number, end: number, name: string, value: string}[]} the first has no name, and the empty one behind
 *   the fields has neither name nor value
 */
export function headLines(b) {
  const lines = [];
  for (let start = 0; start < b.length; ) {
    const feed = b.indexOf(10, start);
    const end = feed < 0 ? b.length : feed + 1;
    const text = latin.decode(b.subarray(start, end)).replace(/\r?\n$/, "");
    const colon = start === 0 ? -1 : text.indexOf(":");
    lines.push({ start, end, name: colon < 0 ? "" : text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() });
    start = end;
  }
  return lines;
}

/**
 * The line that says how long a chunk is.
 * @param {Uint8Array} b
 * @returns {{size: number, end: number} | null} end is where its content begins; null when there is no such line
 */
export function chunkSize(b) {
  const match = /^([0-9a-fA-F]{1,8})\r\n/.exec(latin.decode(b.subarray(0, 10)));
  return match && { size: parseInt(match[1], 16), end: match[0].length };
}
