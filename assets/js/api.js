// @ts-check
// The plain questions the page asks beside the push: config, host, history, wire; and what it asks to be done. JSON in,
// JSON out.

/** Characters of names in one question: a server reads a request's head up to 8 KiB, with all that a browser puts there. */
const room = 3000;

/** An answer that was not 2xx; `status` is 0 when there was no answer at all. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class API {
  #base;
  #headers;
  /** what to do when it turns out that this page may look no more */
  denied = () => {};

  /**
   * @param {URL} base ends in api/v1/
   * @param {Record<string, string>} [headers] of each question, beside its own
   */
  constructor(base, headers = {}) {
    this.#base = base;
    this.#headers = headers;
  }

  /** Who this page is to the server. @returns {Promise<import("./login.js").Standing>} */
  login() {
    return this.get("login");
  }

  config() {
    return this.get("config");
  }

  host() {
    return this.get("host");
  }

  /** The names of the series there are, or that there were around a moment. @param {number} [at] Unix milliseconds @param {AbortSignal} [signal] */
  series(at, signal) {
    return this.get("history", at === undefined ? {} : { at: Math.round(at) }, signal);
  }

  /**
   * In as many questions as it takes, one after the other: there are few connections, and others need them.
   * @param {string[]} series
   * @param {number} from Unix milliseconds
   * @param {number} to
   * @param {number} points
   * @param {AbortSignal} [signal]
   * @param {{only?: "avg"}} [part] without least and greatest
   */
  async history(series, from, to, points, signal, part = {}) {
    const answers = [];
    for (const names of pieces(series)) {
      answers.push(await this.get("history", { series: names.join(), from: Math.floor(from), to: Math.ceil(to), points, ...part }, signal));
    }
    return answers.length > 1 ? together(answers) : answers[0];
  }

  /**
   * The processes at the top at a moment that has passed.
   * @param {number} at Unix milliseconds
   * @param {AbortSignal} signal
   */
  processesAt(at, signal) {
    return this.get("processes", { at: Math.round(at) }, signal);
  }

  /**
   * What happened that is worth a mark on a chart.
   * @param {number} from Unix milliseconds
   * @param {number} to
   */
  marks(from, to) {
    return this.get("marks", { from: Math.floor(from), to: Math.ceil(to) });
  }

  /**
   * Every process there is now.
   * @param {boolean} tree each behind its parent
   * @param {string} sort
   * @param {AbortSignal} signal
   */
  processes(tree, sort, signal) {
    return this.get("processes", { tree: String(tree), sort }, signal);
  }

  /**
   * One of them, with its whole command line.
   * @param {number} pid
   * @param {AbortSignal} signal
   * @returns {Promise<import("./processlist.js").Process | undefined>}
   */
  async process(pid, signal) {
    return (await this.get("processes", { pid }, signal)).processes?.[0];
  }

  /** @param {string} viewer @param {AbortSignal} [signal] */
  wire(viewer, signal) {
    return this.get("wire", { viewer }, signal);
  }

  /**
   * What a viewer says upwards when its technique has no way for it: POST viewers/{id}.
   * @param {string} viewer
   * @param {object} command
   * @returns {Promise<any>} the answer; null where there is none
   */
  command(viewer, command) {
    return this.post(`viewers/${viewer}`, command);
  }

  /**
   * @param {string} name below api/v1/
   * @param {Record<string, string | number>} [query]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  get(name, query = {}, signal) {
    const url = new URL(name, this.#base);
    for (const key in query) url.searchParams.set(key, String(query[key]));
    return this.#ask(url, {}, signal);
  }

  /**
   * @param {string} name below api/v1/
   * @param {object} body
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} null where there is no answer (204)
   */
  post(name, body, signal) {
    const headers = { "Content-Type": "application/json" };
    return this.#ask(new URL(name, this.#base), { method: "POST", headers, body: JSON.stringify(body) }, signal);
  }

  /**
   * @param {string} name below api/v1/
   * @returns {Promise<any>} null where there is no answer (204)
   */
  remove(name) {
    return this.#ask(new URL(name, this.#base), { method: "DELETE" });
  }

  /** @param {URL} url @param {RequestInit} how @param {AbortSignal} [signal] @returns {Promise<any>} */
  async #ask(url, how, signal) {
    let answer;
    try {
      answer = await fetch(url, { cache: "no-store", signal: either(AbortSignal.timeout(10_000), signal), ...how, headers: { ...this.#headers, ...how.headers } });
    } catch (cause) {
      throw new Refused(0, `${url.pathname}: ${cause instanceof Error ? cause.message : cause}`);
    }
    if (answer.status === 401) this.denied();
    if (!answer.ok) throw new Refused(answer.status, await detail(answer) ?? `${url.pathname}: ${answer.status} ${answer.statusText}`);
    if (answer.status === 204) return null;
    try {
      return await answer.json();
    } catch {
      throw new Refused(0, `${url.pathname}: the answer is not JSON`);
    }
  }
}

/** @param {AbortSignal} a @param {AbortSignal} [b] */
function either(a, b) {
  return b ? AbortSignal.any([a, b]) : a;
}

/** What a problem document (RFC 9457) says in words. @param {Response} answer @returns {Promise<string | undefined>} */
async function detail(answer) {
  try {
    const problem = await answer.json();
    return typeof problem.detail === "string" ? problem.detail : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string[]} names @returns {string[][]} the same, in parts that fit into a question */
function pieces(names) {
  /** @type {string[][]} */
  const parts = [];
  let left = 0;
  for (const name of names) {
    const size = String(new URLSearchParams([["", `${name},`]])).length;
    if (left < size) {
      parts.push([]);
      left = room;
    }
    left -= size;
    parts[parts.length - 1].push(name);
  }
  return parts;
}

/** @typedef {(number | null)[]} Column */

/**
 * Answers for the same time as one, with the rows of the first.
 * @param {{at: number[], until?: number, series: {name: string, unit: string, avg: Column, min?: Column, max?: Column}[]}[]} answers
 */
function together(answers) {
  const [{ at, until }] = answers;
  return {
    at,
    until,
    series: answers.flatMap(({ at: own, series }) => {
      const rows = new Map(own.map((time, i) => [time, i]));
      const lay = (/** @type {Column | undefined} */ column) => column && at.map((time) => column[rows.get(time) ?? -1] ?? null);
      return series.map(({ name, unit, avg, min, max }) => ({ name, unit, avg: lay(avg), min: lay(min), max: lay(max) }));
    }),
  };
}
