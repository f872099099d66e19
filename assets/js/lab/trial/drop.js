// @ts-check
// SSE viewers that lose their connections come back and get what they missed: a crowd whose connections are cut again and
// again counts both.

const viewers = 100;
const seconds = 6;

/** @type {import("../stage.js").Piece} */
export default {
  name: "drop",
  claims: [14],
  needs: "load",
  lanes: [],
  async run(stage) {
    const crowd = await stage.crowd("sse", viewers, seconds, { cut_every: "2s" });
    return [
      { figure: "crowd_viewers", measured: viewers },
      { figure: "crowd_back", measured: crowd.reconnects },
      { figure: "crowd_messages", measured: crowd.messages },
      { figure: "crowd_missed", measured: crowd.missed },
    ];
  },
};
