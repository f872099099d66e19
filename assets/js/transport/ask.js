// @ts-check
// One question and its answer, as polling and long polling ask it. They differ in when, not in how.

import { address, byteLength, report } from "./transport.js";

/** An answer that is none: the status, and how long the server wants to be left alone. */
export class Refused extends Error {
  /** @param {Response} response */
  constructor({ status, headers }) {
    super(`answered ${status}`);
    /** milliseconds */
    this.retryAfter = 1000 * Number(headers.get("Retry-After") ?? 0) || 0;
  }
}

/**
 * Asks once and hands over what comes.
 * @param {import("./transport.js").Technique} technique
 * @param {import("./transport.js").Line} line
 * @param {Record<string, string>} parameters
 * @param {number} patience milliseconds until no answer is an error
 * @returns {Promise<boolean>} whether there is more than fitted into the answer
 */
export async function ask(technique, line, parameters, patience) {
  const url = address(technique, line);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  report(line, "up", "request");
  const signal = AbortSignal.any([line.signal, AbortSignal.timeout(patience)]);
  const response = await fetch(url, { signal, cache: "no-store", headers: line.headers });
  if (response.status === 204) {
    report(line, "down", "empty");
    return false;
  }
  if (!response.ok) throw new Refused(response);
  const text = await response.text();
  /** @type {{messages: object[], cursor: string, more?: boolean}} */
  const answer = JSON.parse(text);
  report(line, "down", "messages", answer.messages.length, byteLength(text) - envelope(answer));
  for (const message of answer.messages) line.message(message);
  return answer.more === true;
}

/**
 * The bytes of an answer that are no message: {"messages":[ , between ],"cursor":" "}
 * @param {{messages: object[], cursor: string, more?: boolean}} answer
 */
function envelope({ messages, cursor, more }) {
  const end = more ? '","more":true}' : '"}';
  return '{"messages":['.length + (messages.length - 1) + '],"cursor":"'.length + cursor.length + end.length;
}
