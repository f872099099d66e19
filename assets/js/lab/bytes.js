// @ts-check
// Bytes as people read them. Pure.

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/**
 * The bytes of a part that the server has recorded, as far as it has them.
 * @param {{text?: string, base64?: string}} part
 * @returns {Uint8Array}
 */
export function bytesOf({ text, base64 }) {
  if (base64 === undefined) return encoder.encode(text ?? "");
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/**
 * As text, if it is text: what would not be seen is written as in a program, and told apart from what is written so.
 * @param {Uint8Array} bytes
 * @returns {{text: string, escape: boolean}[] | null} null for what is no text
 */
export function visible(bytes) {
  let text;
  try {
    text = decoder.decode(bytes);
  } catch {
    return null;
  }
  return text.split(/([\u0000-\u001f\u007f]+)/).filter(Boolean).map((text) =>
    text < " " || text[0] === "\u007f" ? { text: [...text].map(escaped).join(""), escape: true } : { text, escape: false });
}

/** @param {string} c */
function escaped(c) {
  return { "\r": "\\r", "\n": "\\n", "\t": "\\t" }[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/**
 * Sixteen to a line: where it begins, the bytes, and what of them is text.
 * @param {Uint8Array} bytes
 * @param {number} [offset] of the first
 */
export function hex(bytes, offset = 0) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const digits = row.map((b) => b.toString(16).padStart(2, "0")).join(" ").padEnd(47);
    const text = row.map((b) => (b > 0x1f && b < 0x7f ? String.fromCharCode(b) : "·")).join("");
    lines.push(`${(offset + at).toString(16).padStart(4, "0")}  ${digits}  ${text}`);
  }
  return lines.join("\n");
}

/** @param {number} value @param {number} width bits */
export function bits(value, width) {
  return value.toString(2).padStart(width, "0");
}
