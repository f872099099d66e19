// @ts-check
// Why numbers differ from those of other programs: their definitions.

/** @type {import("../words.js").Room} */
export default {
  memory_here: "MemTotal − MemAvailable：程序和内核不会归还的部分。超过最小值的 ZFS 缓存视为可归还。",
  memory_free_4: "MemTotal − MemAvailable，自 4.0.1 版起。",
  memory_free_3: "MemTotal − MemFree − Buffers − Cached − SReclaimable。共享内存和 tmpfs 包含在 Cached 中，因此未计入。",
  memory_htop: "已用与共享之和：MemTotal − MemFree − Buffers − SReclaimable −（Cached − Shmem）。",
  memory_btop: "MemTotal − MemAvailable。",
  memory_top: "与同版本 procps 的 free 相同。",
  memory_not_free: "一切非空闲内存，包括所有缓存：旧工具和许多文章所说的已用。",
  memory_kubectl: "服务器所在容器的工作集：其内存减去不活跃的文件页。",
  memory_docker: "容器的内存减去不活跃的文件页。",
  memory_node: "根控制组的工作集：我们的读数中没有该组的 memory.stat。",
  cpu_here: "除空闲和等待磁盘之外的一切，按全部核心计。",
  cpu_top: "us + sy + ni + hi + si + st；等待单独显示。",
  cpu_not_idle: "把等待磁盘也算作工作，某些工具如此。",
  cpu_own: "不含虚拟机管理程序分给别人的部分：本机自身所做的工作。",
  cpu_cores: "以核心计而非占全部的份额：100 % 为一个核心，1000m 为一个核心。",
  cpu_container: "服务器所在容器的用量，100 % 为一个核心。",
  cpu_load: "一分钟内每个核心上运行、等待运行或等待磁盘的任务数。不是时间份额：大于 1 即有等待。",
  disk_here: "已用占已用与普通用户可用之和的份额；针对 / 或第一个文件系统。",
  disk_df: "与 fivewire 相同，但向上取整：28.1 % 显示为 29 %。",
  disk_size: "已用占总容量的份额，总容量含为 root 保留的部分。",
  disk_avail: "普通用户不可用的部分占总容量的份额：许多 Grafana 面板所画的。",
  disk_reserved: "总容量减去已用再减去可用：为 root 和文件系统自身保留。",
  disk_inodes: "文件数而非字节：空间有余时文件系统也可能因此而满。向上取整。",
  disk_du: "逐个遍历文件求和。已删除但仍打开的，或被挂载点遮住的，df 计入而 du 不计入。",
};
