// @ts-check
// A browser has six connections to a host over HTTP/1.1, whatever its pages want: whoever asks while streams hold them all
// waits in the browser, where no server hears of it.

/** @typedef {import("../stage.js").Stage} Stage */
/** @typedef {{took: number, answer: Response | null, failed: unknown, leave: () => void}} Asked took: seconds until the answer began */

/** What browsers call the ways, as people do. @type {Record<string, string>} */
const hops = { "http/1.1": "HTTP/1.1", h2: "HTTP/2", h3: "HTTP/3" };
/** Streams that are tried. */
const most = 8;
/** Seconds after which one has no connection: the others had their answers at once. */
const patience = 2;

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "six",
  claims: [],
  lanes: ["websocket"],
  uses: ["polling", "streaming"],
  seconds: () => 6,
  guess: { unit: "count", choices: ["through", "refused", "waits"] },
  async run(stage, seconds) {
    const { held, allowed } = stage.seize();
    const free = await answered(stage, ask(stage, "polling"), seconds);
    const streams = [];
    for (let full = false; streams.length < most && !full; ) {
      const stream = await answered(stage, ask(stage, "streaming"), patience);
      full = stream.answer === null;
      if (full) stream.leave();
      else streams.push(stream);
    }
    const all = streams.length + held;
    const lane = stage.lane("websocket");
    const { messages } = lane.counts;
    const began = performance.now();
    const poll = ask(stage, "polling");
    const opened = open(stage);
    await stage.until(() => over(poll), seconds - patience);
    const waits = !over(poll);
    const span = (performance.now() - began) / 1000;
    const more = lane.counts.messages - messages;
    streams.pop()?.leave();
    await stage.until(() => over(poll), 2 * seconds);
    return [
      { figure: "hop", text: hops[stage.hop] ?? stage.hop },
      { figure: "held", unit: "count", measured: all, expected: allowed, formula: "HTTP/1.1", guessed: true },
      { figure: "poll_free", unit: "s", measured: free.took, expected: null, formula: "" },
      { figure: "poll_full", unit: "s", measured: poll.took, expected: waits ? span : null, formula: "t" },
      { figure: "poll_after", unit: "s", measured: waits ? poll.took - span : NaN, expected: null, formula: "" },
      { figure: "websocket_full", unit: "s", measured: opened(), expected: null, formula: "" },
      { figure: "messages_websocket", unit: "count", measured: more, expected: span / stage.interval, formula: "t/T" },
      { choice: poll.failed ? "refused" : waits ? "waits" : "through" },
    ];
  },
};

/** Asks, and holds what is answered until the lesson ends. @param {Stage} stage @param {string} name @returns {Asked} */
function ask(stage, name) {
  const end = new AbortController();
  const leave = () => end.abort();
  stage.later(leave);
  /** @type {Asked} */
  const asked = { took: NaN, answer: null, failed: null, leave };
  const at = performance.now();
  fetch(stage.url(name), { cache: "no-store", signal: end.signal }).then((answer) => {
    asked.took = (performance.now() - at) / 1000;
    if (answer.ok) asked.answer = answer; // which is kept, or its connection would be free
    else asked.failed = new Error(`${name}: ${answer.status}`);
  }, (error) => (asked.failed = error));
  return asked;
}

/** @param {Asked} asked */
function over({ answer, failed }) {
  return answer !== null || failed !== null;
}

/** The same, once it is answered or has waited for so long. @param {Stage} stage @param {Asked} asked @param {number} seconds */
async function answered(stage, asked, seconds) {
  await stage.until(() => over(asked), seconds);
  if (asked.failed) throw asked.failed;
  return asked;
}

/** Opens a WebSocket. @param {Stage} stage @returns {() => number} the seconds that took; NaN: it is not open */
function open(stage) {
  const at = performance.now();
  let took = NaN;
  const socket = new WebSocket(stage.url("websocket").replace(/^http/, "ws"));
  socket.onopen = () => (took = (performance.now() - at) / 1000);
  stage.later(() => {
    socket.onopen = () => socket.close(); // one that is not up yet cannot be closed without a complaint in the console
    if (socket.readyState === WebSocket.OPEN) socket.close();
  });
  return () => took;
}
