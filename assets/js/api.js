// @ts-check
// The plain questions the page asks beside the push: config, host, history, wire. JSON in, JSON out.

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

  /** @param {URL} base ends in api/v1/ */
  constructor(base) {
    this.#base = base;
  }

  config() {
    return this.#get("config");
  }

  host() {
    return this.#get("host");
  }

  /** The names of the series there are. */
  series() {
    return this.#get("history");
  }

  /**
   * @param {string[]} series
   * @param {number} from Unix milliseconds
   * @param {number} to
   * @param {number} points
   */
  history(series, from, to, points) {
    return this.#get("history", { series: series.join(), from: Math.floor(from), to: Math.ceil(to), points });
  }

  /** @param {string} viewer */
  wire(viewer) {
    return this.#get("wire", { viewer });
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number>} [query]
   * @returns {Promise<any>}
   */
  async #get(name, query = {}) {
    const url = new URL(name, this.#base);
    for (const key in query) url.searchParams.set(key, String(query[key]));
    const answer = await this.#ask(url);
    try {
      return await answer.json();
    } catch {
      throw new Refused(0, `${name}: the answer is not JSON`);
    }
  }

  /** @param {URL} url */
  async #ask(url) {
    let answer;
    try {
      answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
    } catch (cause) {
      throw new Refused(0, `${url.pathname}: ${cause instanceof Error ? cause.message : cause}`);
    }
    if (!answer.ok) throw new Refused(answer.status, `${url.pathname}: ${answer.status} ${answer.statusText}`);
    return answer;
  }
}
