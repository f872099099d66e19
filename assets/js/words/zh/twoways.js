// @ts-check
// 双向：向上说一句话的代价。

/** @type {import("../words.js").Room} */
export default {
  title: "双向",
  note: "页面让服务器少发消息：在 WebSocket 上只是现有连接上的一帧，其他方式则要单独发一个请求",
  every: "每条泳道收到",
  all: "每一条消息",
  one_in: "每 {time} 一条消息",
  send: "发出",
  lane: "泳道",
  way: "方式",
  way_frame: "带内帧",
  way_request: "单独的 POST",
  refused: "被拒绝：{why}",
  up: "上行字节",
  up_help: "在服务器的套接字上统计：请求行、头部与正文，或带帧头的帧",
  down: "下行字节",
  down_help: "在服务器的套接字上统计：请求的应答；帧的应答（帧头和文本）由本页统计",
  took: "照办用时",
  took_help: "从发出到第一条被略去的消息本应到达之时，或到第一条原本会被略去的消息到达之时；由本页测得",
  obeyed: "现在间隔",
  obeyed_help: "照办之后消息之间时间的中位数，由本页测得",
};
