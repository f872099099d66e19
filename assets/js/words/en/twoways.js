// @ts-check
// Two ways: what it takes to say something upwards.

/** @type {import("../words.js").Room} */
export default {
  title: "Two ways",
  note: "the page tells the server to send fewer messages: on a WebSocket that is a frame on the connection that is there, on everything else a request of its own",
  every: "every lane gets",
  all: "every message",
  one_in: "one message in {time}",
  send: "say it",
  lane: "lane",
  way: "way",
  way_frame: "in-band frame",
  way_request: "POST of its own",
  refused: "refused: {why}",
  up: "bytes up",
  up_help: "Counted on the server's socket: request line, head and body, or the frame with its head",
  down: "bytes down",
  down_help: "Counted on the server's socket: the answer to the request; in a frame, head and text, by this page",
  took: "obeyed after",
  took_help: "From saying it until a message was due that was left out, or came that would have been; measured by this page",
  obeyed: "now one in",
  obeyed_help: "The median time between messages since it was obeyed, measured by this page",
};
