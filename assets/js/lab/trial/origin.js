// @ts-check
// No browser keeps a page of another origin from opening a WebSocket here: the server has to. Viewers who say that they are
// of such a page try; this page's own lane is the other side of it.

const viewers = 10;

/** @type {import("../stage.js").Piece} */
export default {
  name: "origin",
  claims: [20],
  needs: "load",
  lanes: ["websocket"],
  async run(stage) {
    const before = stage.lane("websocket").counts.messages;
    const crowd = await stage.crowd("websocket", viewers, 2, { origin: `${location.protocol}//elsewhere.example` });
    return [
      { figure: "origin_refused", measured: crowd.refused },
      { figure: "origin_messages", measured: crowd.messages },
      { figure: "messages_websocket", measured: stage.lane("websocket").counts.messages - before },
    ];
  },
};
