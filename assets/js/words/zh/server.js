// @ts-check
// 服务器用英文给出的状态、数据源与原因。键由英文原文得出（见 term）；没有译文的照原样显示。

/** @type {import("../words.js").Room} */
export default {
  // 进程状态
  process_running: "运行",
  process_sleeping: "睡眠",
  process_waiting: "等待 I/O",
  process_stopped: "已停止",
  process_traced: "被跟踪",
  process_zombie: "僵尸",
  process_dead: "已消亡",
  process_idle: "空闲",

  // 网络接口状态
  link_up: "启用",
  link_down: "断开",
  link_dormant: "休眠",
  link_testing: "测试中",
  link_notpresent: "不存在",
  link_lowerlayerdown: "下层断开",

  // 电池状态
  battery_charging: "充电中",
  battery_discharging: "放电中",
  battery_full: "已充满",
  battery_not_charging: "未充电",
  battery_unknown: "未知",

  // 数据源
  source_cpu: "CPU",
  source_frequency: "主频",
  source_load: "负载",
  source_pressure: "压力",
  source_memory: "内存",
  source_paging: "换页",
  source_swap: "交换空间",
  source_disks: "磁盘",
  source_filesystems: "文件系统",
  source_networks: "网络接口",
  source_sockets: "连接",
  source_handles: "文件句柄",
  source_sensors: "传感器",
  source_batteries: "电池",
  source_gpus: "图形处理器",
  source_processes: "进程",
  source_units: "服务",
  source_users: "已登录用户",
  source_container: "容器",
  source_neighbours: "相邻容器",
  source_scopes: "数据范围",
  source_host: "主机",
  source_uptime: "运行时间",
  source_self: "自身开销",

  // 没有数据的原因
  reason_no_sensors: "没有传感器",
  reason_no_battery: "没有电池",
  reason_no_nvidia_smi_and_no_gpu_that_the_kernel_tells_about: "没有 nvidia-smi，内核也未报告任何 GPU",
  reason_no_systemd_units_in_the_control_groups: "控制组中没有 systemd 单元",
  reason_no_control_groups_on_this_kernel: "此内核没有控制组",
  reason_its_control_group_sets_no_limit_and_is_no_container_s: "所在控制组未设限额，也不属于任何容器",
  reason_its_control_group_is_not_mounted_here: "所在控制组未挂载到此处",
  reason_not_in_a_control_group_of_its_own: "没有独立的控制组",
  reason_no_other_container_s_processes_are_visible_here: "此处看不到其他容器的进程",
  reason_other_containers_processes_are_here_but_are_not_for_us_to_look_into_that_needs_the_same_user_or_cap_sys_ptrace:
    "有其他容器的进程，但无权查看：需要以相同用户运行，或具有 CAP_SYS_PTRACE 权限",
  reason_no_utmp_and_no_systemd_logind: "没有 utmp，也没有 systemd-logind",
  reason_the_kernel_does_not_tell_how_fast_the_processors_run_no_cpufreq_driver: "内核不提供处理器主频：没有 cpufreq 驱动",
  reason_the_kernel_does_not_count_pressure_boot_linux_4_20_or_newer_with_psi_1: "内核未统计压力：请以 psi=1 启动 Linux 4.20 或更新版本",
  reason_the_kernel_does_not_count_paging_config_vm_event_counters: "内核未统计换页（CONFIG_VM_EVENT_COUNTERS）",
  reason_this_kernel_counts_no_disk_traffic: "此内核不统计磁盘流量",
  reason_the_system_does_not_count_its_sockets: "系统不统计套接字",
  reason_windows_has_no_load_average: "Windows 没有平均负载",
  reason_not_in_a_build_without_cgo: "未启用 cgo 的构建中不可用",
  reason_read_with_memory: "随内存一同读取",

  // 未列出的挂载点
  mount_kernel_interface_proc_sysfs_cgroup: "内核接口（proc、sysfs、cgroup 等）",
  mount_bind_mount_of_a_filesystem_already_listed: "已列出的文件系统的绑定挂载",
  mount_bind_mount_of_a_single_file: "单个文件的绑定挂载",
  mount_read_only_image_always_full: "只读镜像，总是满的",
  mount_inside_a_container_runtime_s_directory: "位于容器运行时的目录中",
  mount_overlay_its_space_is_another_filesystem_s: "overlay，空间属于另一个文件系统",
  mount_small_one_of_the_system_s_own_run_user_secrets: "系统自用的小型挂载（/run/user、secrets 等）",
  mount_covered_by_a_later_mount: "被后来的挂载覆盖",
  mount_not_for_us_to_see: "无权查看",
  mount_not_visible_from_here_another_filesystem_is_at_its_path: "此处不可见，同一路径上是另一个文件系统",
  mount_without_a_size: "没有容量信息",
  mount_more_than_200_filesystems: "文件系统超过 200 个",
};
