// @ts-check
// 自动：回退的阶梯。

/** @type {import("../words.js").Room} */
export default {
  title: "自动",
  intro: "把推送库的回退机制展示出来：从必然可用的轮询开始，用单独的连接尝试上面的每一种方式，收到两条消息后才上升，不再送达时再降下来。途中不丢任何消息。",
  taken: "自动已停止：一项试验要在同一条泳道上自己攀登。",
  start: "攀登",
  stop: "停止",
  steps: "阶梯上发生的事",
  after: "{words}，{time}",
  state_untried: "尚未尝试",
  state_probing: "正在尝试",
  state_works: "可送达数据",
  state_used: "使用中",
  state_refused: "被拒绝",
  state_failed: "不再送达",
  why_open: "连接已建立，但没有收到任何数据",
  why_closed: "连接失败；浏览器不说明原因",
  why_full: "浏览器没有可用的连接",
};
