// @ts-check
// What was seen on the way to the server, and what it means. Pure. Nothing is called by a name that it does not give itself:
// a proxy that hides is "somebody".

/** @typedef {import("../transport/transport.js").Technique} Technique */
/**
 * What one technique saw of its way, in milliseconds on performance.now()'s clock.
 * @typedef {object} Observation
 * @property {Technique} technique
 * @property {number} asked
 * @property {number} ended when we had seen enough, or it was ended from elsewhere
 * @property {boolean} whole it was us who ended it
 * @property {number} status of the answer; 0 where there was none, or where a browser does not tell (WebSocket)
 * @property {string} encoding what the answer's content was encoded as, though we had asked for it as it is
 * @property {{at: number, received: number}[]} messages at is the server's clock
 * @property {number} trip milliseconds that an answer took right afterwards which nobody can hold back, for it is over
 */
/** @typedef {"fine" | "buffered" | "silent" | "refused"} Verdict */
/** @typedef {{technique: Technique, verdict: Verdict, first: number, age: number, encoding: string, status: number}} Result first and age in milliseconds; NaN unknown */
/** @typedef {"upgrade" | "buffered" | "compressed" | "idle"} Finding */
/** @typedef {{name: string, value: string}} Field */

/**
 * @param {Observation} seen
 * @param {number} interval milliseconds between two messages at the source
 * @param {number} offset from the server's clock to ours
 * @returns {Result}
 */
export function judge(seen, interval, offset) {
  const { technique, asked, ended, whole, messages, encoding, status, trip } = seen;
  // The first had been waiting for us: how old it is says nothing. How late it is does.
  const live = messages.slice(1).map(({ at, received }) => received - at - offset).sort((a, b) => a - b);
  const result = {
    technique, encoding, status,
    first: messages.length > 0 ? messages[0].received - asked : NaN,
    age: live.length > 0 ? live[Math.floor(live.length / 2)] : NaN,
  };
  /** @type {Verdict} */
  let verdict = "fine";
  if (messages.length === 0) verdict = whole && status < 400 ? "silent" : "refused";
  else if (technique !== "polling") { // an answer that is over is never held back
    // Held back: they are old when they come, or the first kept us waiting, or more than two of what followed are missing.
    // On a slow line, or to a busy browser, all is late: a message waits for the answer before it, and for its own.
    const late = 2 * trip;
    const slack = Math.max(500, interval / 2);
    const expected = (ended - messages[0].received - late) / interval - 2.5;
    if (result.age - late > slack || result.first - late > Math.max(1500, interval + slack) || live.length < expected) verdict = "buffered";
  }
  return { ...result, verdict };
}

/**
 * What needs a cure.
 * @param {Result[]} results
 * @param {{silence: number, cut: boolean} | null} idle how long a silent answer lived, in milliseconds, and whether somebody
 *   ended it; null while that is not known
 * @param {number} patience the longest silence there is on a connection that is well: heartbeats and holds end it
 * @returns {Finding[]}
 */
export function findings(results, idle, patience) {
  /** @type {Finding[]} */
  const found = [];
  const socket = results.find(({ technique }) => technique === "websocket");
  const others = results.filter(({ technique }) => technique !== "websocket");
  // Who lets nothing through at all does not mean the handshake.
  if (socket?.verdict === "refused" && others.some(({ verdict }) => verdict !== "refused")) found.push("upgrade");
  if (results.some(({ verdict }) => verdict === "buffered" || verdict === "silent")) found.push("buffered");
  if (results.some(({ encoding }) => encoding !== "" && encoding !== "identity")) found.push("compressed");
  if (idle?.cut && idle.silence < patience) found.push("idle");
  return found;
}

/** Names that a proxy may give itself, in what it adds. @type {[RegExp, string][]} */
const names = [
  [/nginx|openresty/i, "nginx"], [/caddy/i, "caddy"], [/haproxy/i, "haproxy"], [/traefik/i, "traefik"],
  [/apache/i, "apache"], [/envoy/i, "envoy"], [/varnish/i, "varnish"], [/cloudflare/i, "cloudflare"], [/squid/i, "squid"],
];

/** Fields that no browser sends: somebody has added them. */
const added = /^(via|forwarded|x-forwarded-.*|x-real-ip|x-client-ip|x-original-.*|x-envoy-.*|cf-.*|true-client-ip|x-amzn-.*|x-request-id)$/i;

/**
 * Who is on the way, as far as they show.
 * @param {{protocol: string, head: Field[]}} arrived our request as the server saw it
 * @param {Field[]} answer the head of its answer as we saw it
 * @param {string} host what we had asked for
 * @returns {{proxies: string[], signs: Field[]}} names, "unknown" for one that does not give it; and what shows them
 */
export function proxies(arrived, answer, host) {
  const signs = arrived.head.filter(({ name }) => added.test(name));
  const told = answer.filter(({ name, value }) => /^(server|via)$/i.test(name) && value !== "");
  signs.push(...told);
  const field = (/** @type {string} */ wanted) => arrived.head.find(({ name }) => name.toLowerCase() === wanted)?.value ?? "";
  if (arrived.protocol !== "HTTP/1.1") signs.push({ name: "", value: arrived.protocol });
  if (/close/i.test(field("connection"))) signs.push({ name: "Connection", value: field("connection") });
  if (field("host") !== host) signs.push({ name: "Host", value: field("host") });
  const found = new Set(signs.flatMap(({ value }) => names.filter(([pattern]) => pattern.test(value)).map(([, name]) => name)));
  // Traefik does not give its name, but it alone names its server in this field.
  if (signs.some(({ name }) => /^x-forwarded-server$/i.test(name))) found.add("traefik");
  if (found.size === 0 && signs.length > 0) found.add("unknown");
  return { proxies: [...found], signs };
}
