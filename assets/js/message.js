// @ts-check
// A message as the page knows it: the envelope of the wire, with its id taken apart.

/**
 * @typedef {object} Message
 * @property {string} id <epoch>-<seq>
 * @property {string} epoch one run of the server
 * @property {number} seq 1 for the first message of an epoch
 * @property {number} at Unix milliseconds on the server's clock
 * @property {boolean} gap messages before this one are lost to this page
 * @property {string[]} echo words that viewers have asked to have said
 * @property {any} data the snapshot
 * @property {number} received milliseconds on performance.now()'s clock
 */

/** @type {string[]} */
const nothing = [];

/**
 * @param {any} wire
 * @param {number} received
 * @returns {Message}
 */
export function toMessage(wire, received) {
  const hyphen = wire.id.lastIndexOf("-");
  return {
    id: wire.id,
    epoch: wire.id.slice(0, hyphen),
    seq: Number(wire.id.slice(hyphen + 1)),
    at: wire.at,
    gap: wire.gap === true,
    echo: wire.echo ?? nothing,
    data: wire.data,
    received,
  };
}
