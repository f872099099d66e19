// @ts-check
// The report.

/** @type {import("../words.js").Room} */
export default {
  title: "报告",
  what: "成本表及其固定的运行、人群、最近消息的数据龄，以及测量条件：可带走。Markdown 按屏幕取整，CSV 与 JSON 不取整。",
  which: "报告格式",
  form_markdown: "Markdown",
  form_csv: "CSV",
  form_json: "JSON",
  make: "生成报告",
  made: "已按此刻的数字生成。",
  download: "下载",
  copy: "复制",
  copied: "已复制。",
  selected: "浏览器不允许此页面复制。文字已选中，请手动复制。",
  none: "尚无内容。",
  heading: "fivewire：一条消息的开销",
  run: "{time}，历时 {seconds}",
  seconds: "测量时长",
  apart: "不参评",
  unknown_faults: "未知",
  condition_made: "生成于",
  condition_version: "fivewire",
  condition_machine: "服务器所在机器",
  condition_address: "地址",
  condition_browser: "浏览器",
  condition_interval_ms: "消息间隔（毫秒）",
  condition_message_bytes: "最新消息的 JSON 字节数",
  condition_compress: "压缩",
  condition_clock_error_ms: "服务器时钟误差（± 毫秒）",
  condition_faults: "生效中的故障",
};
