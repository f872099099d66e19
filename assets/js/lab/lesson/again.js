// @ts-check
// A cut connection: SSE's browser comes back by itself, WebSocket's does not. Here the page looks after the latter.

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "again",
  claims: [13, 18],
  lanes: ["sse", "websocket"],
  seconds: () => 12,
  guess: { choices: ["sse", "alike", "websocket"] },
  needs: "faults",
  async run(stage, seconds) {
    await stage.watch(1);
    const back = [];
    for (const key of ["sse", "websocket"]) {
      const { viewer } = stage.lane(key);
      const { reconnects } = viewer.counts;
      const before = viewer.counts.messages;
      await stage.fault(key, { cut: "once" });
      const gone = await stage.until(() => viewer.state !== "open" || viewer.counts.reconnects > reconnects, seconds);
      back.push(Number.isNaN(gone) ? NaN : await stage.until(() => viewer.counts.reconnects > reconnects && viewer.counts.messages > before, seconds));
    }
    const missed = ["sse", "websocket"].map((key) => stage.lane(key).counts.missed);
    const [sse, websocket] = back;
    const [first, second] = back.map((time) => (Number.isNaN(time) ? seconds : time)); // or later
    return [
      { figure: "back_sse", unit: "s", measured: sse, expected: null, formula: "retry" },
      { figure: "back_websocket", unit: "s", measured: websocket, expected: null, formula: "" },
      { figure: "missed", unit: "count", measured: missed[0] + missed[1], expected: 0, formula: "" },
      { choice: Math.abs(first - second) < 0.25 ? "alike" : first < second ? "sse" : "websocket" },
    ];
  },
};
