// @ts-check
// A firewall that lets no Upgrade through: WebSocket stays out, what is plain HTTP does not notice.

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "upgrade",
  claims: [12, 19],
  lanes: ["sse", "websocket"],
  seconds: (interval) => 10 * interval,
  guess: { choices: ["none", "websocket", "both"] },
  needs: "faults",
  async run(stage, seconds) {
    for (const key of ["sse", "websocket"]) await stage.fault(key, { refuse_upgrade: true, cut: "once" });
    await stage.sleep(2000);
    const seen = await stage.watch(seconds);
    const [sse, websocket] = [seen("sse").counts.messages, seen("websocket").counts.messages];
    return [
      { figure: "messages_sse", unit: "count", measured: sse, expected: seconds / stage.interval, formula: "t/T" },
      { figure: "messages_websocket", unit: "count", measured: websocket, expected: 0, formula: "" },
      { choice: websocket > 0 ? "none" : sse > 0 ? "websocket" : "both" },
    ];
  },
};
