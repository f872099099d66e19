// @ts-check
// Reads what the server's CBOR encoder writes (RFC 8949, definite lengths): the message as JSON.parse would have made it.

/**
 * @param {ArrayBuffer} buffer
 * @returns {any}
 */
export function decode(buffer) {
  const view = new DataView(buffer);
  const text = new TextDecoder();
  let at = 0;

  /** The number that a head carries. @param {number} info the lower five bits of its first byte */
  function argument(info) {
    if (info < 24) return info;
    const width = 1 << (info - 24);
    const begin = at;
    at += width;
    switch (width) {
      case 1: return view.getUint8(begin);
      case 2: return view.getUint16(begin);
      case 4: return view.getUint32(begin);
      case 8: return Number(view.getBigUint64(begin));
    }
    throw new Error(`a length of the kind ${info} at byte ${begin}`);
  }

  /** @param {number} info */
  function simple(info) {
    const begin = at;
    switch (info) {
      case 20: return false;
      case 21: return true;
      case 22: return null;
      case 25: at += 2; return half(view.getUint16(begin));
      case 26: at += 4; return view.getFloat32(begin);
      case 27: at += 8; return view.getFloat64(begin);
    }
    throw new Error(`a simple value ${info} at byte ${begin}`);
  }

  /** @returns {any} */
  function value() {
    const head = view.getUint8(at++);
    const info = head & 31;
    const kind = head >> 5;
    if (kind === 7) return simple(info);
    const n = argument(info);
    switch (kind) {
      case 0: return n;
      case 1: return -1 - n;
      case 3: {
        const begin = at;
        at += n;
        return text.decode(new Uint8Array(buffer, begin, n));
      }
      case 4: return Array.from({ length: n }, value);
      case 5: {
        /** @type {Record<string, any>} */
        const map = {};
        for (let i = 0; i < n; i++) {
          const key = value();
          map[key] = value();
        }
        return map;
      }
    }
    throw new Error(`a value of the kind ${kind} at byte ${at - 1}`);
  }

  return value();
}

/** A float of 16 bits (RFC 8949, appendix D). @param {number} bits */
function half(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 0 ? fraction * 2 ** -24
    : exponent < 31 ? (1 + fraction / 1024) * 2 ** (exponent - 15)
    : fraction === 0 ? Infinity : NaN;
  return bits & 0x8000 ? -size : size;
}
