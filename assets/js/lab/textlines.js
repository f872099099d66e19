// @ts-check
// What a line of a text stream is for: of Server-Sent Events (HTML standard section 9.2), of a multipart body, of a frame's
// document, of newline-delimited JSON. Pure.

/** @typedef {{from: number, to: number, what: string, fill?: Record<string, string | number>}} Line what: the end of a key of words */

/** @param {string} line without its end @returns {{what: string, fill?: Record<string, string | number>}} */
function event(line) {
  if (line === "") return { what: "sse_end" };
  if (line.startsWith(":")) return { what: "sse_comment" };
  const name = line.split(":", 1)[0];
  if (name === "id" || name === "data" || name === "event") return { what: `sse_${name}` };
  if (name === "retry") return { what: "sse_retry", fill: { ms: line.slice(6).trim() } };
  return { what: "sse_other" };
}

/** @param {string} line @returns {{what: string}} */
function part(line) {
  if (/^--\S+--$/.test(line)) return { what: "multipart_last" };
  if (line.startsWith("--")) return { what: "multipart_boundary" };
  if (line.startsWith("Content-")) return { what: "multipart_field" };
  return { what: line === "" ? "multipart_empty" : "multipart_data" };
}

/** @param {string} line @returns {{what: string}} */
function document(line) {
  if (line.startsWith('<script type="application/json">')) return { what: "iframe_block" };
  return { what: line.startsWith("<!--") ? "iframe_comment" : "iframe_document" };
}

/** @param {string} line @returns {{what: string}} */
function json(line) {
  return { what: line === "" ? "ndjson_empty" : "ndjson" };
}

const kinds = { sse: event, multipart: part, iframe: document, ndjson: json };

/**
 * @param {Uint8Array} b
 * @param {keyof typeof kinds} kind
 * @returns {Line[]} all of b
 */
export function textLines(b, kind) {
  const lines = [];
  for (let from = 0; from < b.length; ) {
    const feed = b.indexOf(10, from);
    const to = feed < 0 ? b.length : feed + 1;
    const text = new TextDecoder().decode(b.subarray(from, to)).replace(/\r?\n$/, "");
    lines.push({ from, to, ...kinds[kind](text) });
    from = to;
  }
  return lines;
}
