// @ts-check
// One piece of an exchange as a row: which way, what kind, how long, its bytes, and what it is for in words.

import { count } from "../format.js";
import { make } from "../panel/dom.js";
import { say } from "../words/words.js";
import { hex, visible } from "./bytes.js";
import { opcodes } from "./frames.js";

/** @typedef {import("./dissect.js").Piece} Piece */

/** Bytes of one piece that are shown. */
const most = 2048;

/** The fields of a head that matter here; each has words. */
const explained = new Set([
  "accept", "accept-encoding", "authorization", "cache-control", "connection", "content-encoding", "content-length", "content-type",
  "content-security-policy", "cookie", "date", "fivewire-fault", "host", "last-event-id", "origin", "referer", "retry-after", "sec-fetch-site",
  "sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-key", "sec-websocket-protocol", "sec-websocket-version",
  "set-cookie", "transfer-encoding", "upgrade", "user-agent", "vary", "x-accel-buffering", "x-content-type-options",
]);

/** The statuses that have words. */
const statuses = new Set(["101", "200", "204", "503"]);

/**
 * @param {Piece} piece
 * @param {boolean} asHex its bytes in hexadecimal, though they are text
 * @param {number} offset where it begins in its direction
 */
export function pieceRow(piece, asHex, offset) {
  const octets = make("div", "inspector-octets", ...written(piece.bytes, asHex, offset));
  if (piece.bytes.length > most) octets.append(make("p", "panel-note", say("inspector.more", { n: count(most), of: count(piece.size) })));
  if (piece.clear?.length) octets.append(make("p", "panel-note", say("inspector.clear")), ...written(piece.clear, false, 0));
  if (piece.bits) octets.append(bitTable(piece.bits));
  const row = make("li", "inspector-piece");
  row.dataset.kind = piece.kind;
  row.append(
    make("span", "inspector-way", say(`inspector.dir_${piece.dir}`)),
    make("span", "inspector-kind", say(`inspector.kind_${piece.kind}`)),
    make("span", "inspector-size", say("inspector.size", { n: piece.size })),
    octets,
    make("span", "inspector-words", meaning(piece)),
  );
  return row;
}

/** @param {Uint8Array} bytes @param {boolean} asHex @param {number} offset */
function written(bytes, asHex, offset) {
  if (bytes.length === 0) return [];
  const first = bytes.subarray(0, most);
  const text = asHex ? null : visible(bytes);
  if (!text) return [make("code", "inspector-hex", hex(first, offset))];
  const shown = bytes.length > most ? (visible(wholeCharacters(first)) ?? []) : text;
  return [make("code", "", ...shown.map(({ text, escape }) => (escape ? make("span", "inspector-escape", text) : text)))];
}

/** Without a character that is cut in two at the end. @param {Uint8Array} bytes */
function wholeCharacters(bytes) {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] & 0xc0) === 0x80) end--;
  return end > 0 && bytes[end - 1] >= 0xc0 ? bytes.subarray(0, end - 1) : bytes;
}

/** @param {Piece} piece */
function meaning({ what, fill, field, redacted }) {
  if (field !== undefined) {
    const words = explained.has(field) ? say(`inspector.field_${field.replaceAll("-", "_")}`) : "";
    return redacted && (field === "cookie" || field === "authorization" || field === "set-cookie") ? `${words} ${say("inspector.redacted")}`.trim() : words;
  }
  if (what === "status" && statuses.has(String(fill?.status))) return say(`inspector.status_${fill?.status}`);
  return what ? say(`inspector.what_${what}`, fill) : "";
}

/** The fields of a frame's head, with their bits. @param {NonNullable<Piece["bits"]>} fields */
function bitTable(fields) {
  const list = make("dl", "inspector-bits");
  for (const { name, bits, value } of fields) {
    const words = name === "opcode" ? say("inspector.bit_opcode", { name: opcodes[value] ?? "?", value })
      : name === "length" && value > 125 ? say(`inspector.bit_length_${value}`)
      : name === "rsv" ? say(value & 4 ? "inspector.bit_rsv_deflate" : "inspector.bit_rsv")
      : name === "fin" || name === "mask" ? say(`inspector.bit_${name}_${value}`)
      : say(`inspector.bit_${name}`, { value });
    list.append(make("div", "", make("dt", "", bits), make("dd", "", words)));
  }
  return list;
}
