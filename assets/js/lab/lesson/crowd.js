// @ts-check
// What holding a connection costs the server's memory: measured with a crowd of real viewers.

const viewers = 500;

/** @type {import("../lessons.js").Lesson} */
export default {
  name: "crowd",
  claims: [24, 25],
  lanes: ["websocket"],
  seconds: () => 20,
  guess: { unit: "bytes" },
  needs: "load",
  async run(stage, seconds) {
    const crowd = await stage.crowd("sse", viewers, seconds);
    const { before, with: whole } = crowd.server;
    const more = (/** @type {string} */ name) => (whole?.[name] - before?.[name]) / crowd.connected;
    return [
      { figure: "memory_per_viewer", unit: "bytes", measured: more("memory"), expected: null, formula: "", guessed: true },
      { figure: "goroutines_per_viewer", unit: "count", measured: more("goroutines"), expected: null, formula: "" },
      { figure: "crowd_missed", unit: "count", measured: crowd.missed, expected: 0, formula: "" },
    ];
  },
};
