// @ts-check
// The code twins.

/** @type {import("../words.js").Room} */
export default {
  title: "代码",
  technique: "技术",
  what: "正在运行的文件：左边是本服务器编译所用的文件，右边是它发给此页面的文件。每个文件都打开在该技术开始之处。",
  file_go: "服务器端文件",
  file_js: "浏览器端文件",
  nowhere: "此页面不是由这里提供的。",
  failed: "无法取得文件：{why}",
};
