// @ts-check
// What all panels of the wire lab call the same things.

/** @type {import("../words.js").Room} */
export default {
  lane: "{technique}（{variant}）",
  variant_plain: "不压缩",
  variant_cbor: "二进制（CBOR），不压缩",
  variant_locked: "锁定相位",
  variant_fast: "五倍频率",
  variant_slow: "五分之一频率",
  variant_auto: "自动",
  state_connecting: "连接中",
  state_open: "已连接",
  state_waiting: "等待重试",
  state_asked: "已再次请求，尚无应答",
  state_failed: "请求失败；等待重试",
  state_offline: "离线",
  state_paused: "已停止",
  state_queued: "等待连接",
  off: "此仪表盘的实验室已关闭：请用 --lab on 启动。",
  no_guest: "通过链接无法查看此内容：请用密钥或密码登录。",
  comma: "、",
};
