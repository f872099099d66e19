// @ts-check
// The head of a WebSocket frame, bit by bit (RFC 6455 section 5.2). Pure.

import { bits } from "./bytes.js";

/**
 * @typedef {object} FrameHead
 * @property {boolean} fin the last frame of its message
 * @property {boolean} compressed RSV1: permessage-deflate (RFC 7692)
 * @property {number} opcode
 * @property {boolean} masked
 * @property {number} length of the payload
 * @property {number} size of the head itself
 * @property {Uint8Array} key the mask; empty without one
 * @property {{name: "fin" | "rsv" | "opcode" | "mask" | "length" | "extended" | "key", bits: string, value: number}[]} fields
 */

/** What an opcode is called; the names are the ends of words' keys. @type {Record<number, string>} */
export const opcodes = { 0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };

/**
 * @param {Uint8Array} b
 * @returns {FrameHead | null} null while there is not all of it
 */
export function frameHead(b) {
  if (b.length < 2) return null;
  const masked = (b[1] & 0x80) !== 0;
  const short = b[1] & 0x7f;
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  const size = 2 + extra + (masked ? 4 : 0);
  if (b.length < size) return null;
  let length = extra ? 0 : short;
  for (let i = 0; i < extra; i++) length = length * 256 + b[2 + i];
  const key = b.slice(2 + extra, size);
  /** @type {FrameHead["fields"]} */
  const fields = [
    { name: "fin", bits: bits(b[0] >> 7, 1), value: b[0] >> 7 },
    { name: "rsv", bits: bits((b[0] >> 4) & 7, 3), value: (b[0] >> 4) & 7 },
    { name: "opcode", bits: bits(b[0] & 0xf, 4), value: b[0] & 0xf },
    { name: "mask", bits: bits(b[1] >> 7, 1), value: b[1] >> 7 },
    { name: "length", bits: bits(short, 7), value: short },
  ];
  const octets = (/** @type {Uint8Array} */ some) => [...some].map((o) => bits(o, 8)).join(" ");
  if (extra) fields.push({ name: "extended", bits: octets(b.subarray(2, 2 + extra)), value: length });
  if (masked) fields.push({ name: "key", bits: octets(key), value: 0 });
  return { fin: b[0] > 127, compressed: (b[0] & 0x40) !== 0, opcode: b[0] & 0xf, masked, length, size, key, fields };
}

/** What a payload is without its mask. @param {Uint8Array} payload @param {Uint8Array} key */
export function unmask(payload, key) {
  return key.length ? payload.map((byte, i) => byte ^ key[i % 4]) : payload;
}
