// @ts-check
// An exchange as the server has recorded it, taken apart into pieces, each with what it is for. The kinds (head, framing,
// payload) are the meter's; where they meet, a piece ends. What was not recorded is a piece without bytes. Pure.

import { bytesOf } from "./bytes.js";
import { frameHead, opcodes, unmask } from "./frames.js";
import { chunkSize, headLines } from "./head.js";
import { textLines } from "./textlines.js";

/** @typedef {"in" | "out"} Dir */
/** @typedef {"head" | "framing" | "payload"} Kind */
/** @typedef {{dir: Dir, kind: Kind, bytes: number, text?: string, base64?: string, cut?: boolean, redacted?: boolean}} Part */
/** @typedef {{n: number, technique: string, variant?: string, began?: number, at: number, messages?: string[], parts: Part[]}} Recorded */
/**
 * @typedef {object} Piece
 * @property {Dir} dir
 * @property {Kind} kind
 * @property {number} size bytes on the wire
 * @property {Uint8Array} bytes the first of them, as far as they are known
 * @property {string} what the end of a key of words; "" says nothing
 * @property {Record<string, string | number>} [fill] for those words
 * @property {string} [field] of a head: its name
 * @property {import("./frames.js").FrameHead["fields"]} [bits]
 * @property {Uint8Array} [clear] the bytes without their mask
 * @property {boolean} [redacted]
 */

/** @typedef {(from: number, to: number, what: string, more?: Partial<Piece>) => void} Emit */

/** What payload can be but a message as it was published. */
const whole = new Set(["deflated", "cbor", "gzip_body"]);

/** @param {Recorded} exchange @returns {Piece[]} in the order of the parts */
export function dissect(exchange) {
  /** @type {Piece[]} */
  const pieces = [];
  for (const dir of /** @type {const} */ (["in", "out"])) {
    pieces.push(...direction(exchange, exchange.parts.filter((part) => part.dir === dir), dir));
  }
  return pieces;
}

/** @param {Recorded} exchange @param {Part[]} parts @param {Dir} dir */
function direction(exchange, parts, dir) {
  const seen = parts.map(bytesOf);
  /** what is known without a hole */
  let known = 0;
  for (let i = 0; i < parts.length; i++) {
    known += seen[i].length;
    if (parts[i].cut) break;
  }
  const b = new Uint8Array(known);
  let at = 0;
  for (const some of seen) if (at < known) (b.set(some.subarray(0, known - at), at), (at += some.length));

  /** @type {Piece[]} */
  const pieces = [];
  /** @type {Emit} */
  const emit = (from, to, what, more = {}) => {
    let start = 0;
    let told = false;
    for (const part of parts) {
      const [first, last] = [Math.max(from, start), Math.min(to, start + part.bytes)];
      if (last > first) {
        const bytes = b.subarray(first, last);
        let is = what;
        if (part.kind === "payload") {
          if (!whole.has(what)) is = "message";
          told = true;
        } else if (told && what !== "envelope") is = "behind";
        pieces.push({ dir, kind: part.kind, size: last - first, bytes, what: is, ...more, ...(part.redacted ? { redacted: true } : {}) });
      }
      start += part.bytes;
    }
  };
  let from = 0;
  if (parts[0]?.kind === "head") from = head(b, Math.min(parts[0].bytes, known), dir, emit);
  const packed = parts.some(({ kind, base64 }) => kind === "payload" && base64 !== undefined);
  if (exchange.technique === "websocket") frames(b, from, emit);
  else if (exchange.technique.endsWith("polling")) answer(b, from, packed, emit);
  else if (dir === "in") emit(from, known, "noise");
  else chunks(b, from, exchange, packed, emit);
  unknown(parts, known, dir, pieces);
  return pieces;
}

/** What is not known has a size all the same. @param {Part[]} parts @param {number} known @param {Dir} dir @param {Piece[]} pieces */
function unknown(parts, known, dir, pieces) {
  let start = 0;
  for (const part of parts) {
    const missing = start + part.bytes - Math.max(start, known);
    if (missing > 0) pieces.push({ dir, kind: part.kind, size: missing, bytes: new Uint8Array(0), what: "unseen" });
    start += part.bytes;
  }
}

/** @param {Uint8Array} b @param {number} end @param {Dir} dir @param {Emit} emit */
function head(b, end, dir, emit) {
  for (const { start, end: to, name, value } of headLines(b.subarray(0, end))) {
    if (start === 0) emit(start, to, dir === "in" ? "request" : "status", { fill: { status: value.split(" ")[1] ?? "" } });
    else if (name === "" && value === "") emit(start, to, "head_end");
    else emit(start, to, "", { field: name.toLowerCase() });
  }
  return end;
}

/** @param {Uint8Array} b @param {number} from @param {Emit} emit */
function frames(b, from, emit) {
  while (from < b.length) {
    const frame = frameHead(b.subarray(from));
    if (!frame) return emit(from, b.length, "frame_part");
    const what = `frame_${opcodes[frame.opcode] ?? "reserved"}`;
    emit(from, from + frame.size, what, { bits: frame.fields, fill: { n: frame.length } });
    from += frame.size;
    const to = Math.min(from + frame.length, b.length);
    const clear = frame.masked ? { clear: unmask(b.subarray(from, to), frame.key) } : {};
    emit(from, to, frame.compressed ? "deflated" : frame.opcode === 8 ? "close_reason" : frame.opcode === 2 ? "cbor" : "message", clear);
    from = to;
  }
}

/** The body of a poll's answer. @param {Uint8Array} b @param {number} from @param {boolean} packed @param {Emit} emit */
function answer(b, from, packed, emit) {
  emit(from, b.length, packed ? "gzip_body" : "envelope");
}

/** An endless body, in chunks or without. @param {Uint8Array} b @param {number} from @param {Recorded} exchange @param {boolean} packed @param {Emit} emit */
function chunks(b, from, exchange, packed, emit) {
  while (from < b.length) {
    const chunk = chunkSize(b.subarray(from));
    if (!chunk) return content(b, from, b.length, exchange, packed, emit);
    emit(from, from + chunk.end, chunk.size === 0 ? "chunk_last" : "chunk", { fill: { hex: chunk.size.toString(16), n: chunk.size } });
    from += chunk.end;
    const end = Math.min(from + chunk.size, b.length);
    content(b, from, end, exchange, packed, emit);
    emit(end, Math.min(end + 2, b.length), chunk.size === 0 ? "chunk_over" : "chunk_end");
    from = Math.min(end + 2, b.length);
  }
}

/** What is in a chunk. @param {Uint8Array} b @param {number} from @param {number} to @param {Recorded} exchange @param {boolean} packed @param {Emit} emit */
function content(b, from, to, exchange, packed, emit) {
  if (from >= to) return;
  if (b[from] === 0x1f && b[from + 1] === 0x8b) return emit(from, to, "gzip_header");
  if (b[from] === 0 && to - from >= 10 && (b[from + 1] | (b[from + 2] << 8)) === (~(b[from + 3] | (b[from + 4] << 8)) & 0xffff)) {
    return stored(b, from, to, exchange, emit);
  }
  if (packed) return emit(from, to, "deflated");
  text(b, from, to, exchange, emit);
}

/** Deflate blocks that are not compressed: for one viewer alone. @param {Uint8Array} b @param {number} from @param {number} to @param {Recorded} exchange @param {Emit} emit */
function stored(b, from, to, exchange, emit) {
  while (to - from >= 5 && b[from] === 0) {
    const n = b[from + 1] | (b[from + 2] << 8);
    emit(from, from + 5, n === 0 ? "stored_end" : "stored", { fill: { n } });
    from += 5;
    text(b, from, Math.min(from + n, to), exchange, emit);
    from = Math.min(from + n, to);
  }
  emit(from, to, "deflated");
}

/** @param {Uint8Array} b @param {number} from @param {number} to @param {Recorded} exchange @param {Emit} emit */
function text(b, from, to, { technique, variant }, emit) {
  const kind = technique === "sse" ? "sse" : variant === "multipart" || variant === "iframe" ? variant : "ndjson";
  for (const line of textLines(b.subarray(from, to), kind)) emit(from + line.from, from + line.to, line.what, line.fill ? { fill: line.fill } : {});
}
