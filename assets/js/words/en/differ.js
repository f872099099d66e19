// @ts-check
// Why numbers differ from those of other programs: their definitions.

/** @type {import("../words.js").Room} */
export default {
  memory_here: "MemTotal − MemAvailable: what programs and the kernel would not give back. A ZFS cache beyond its minimum counts as given back.",
  memory_free_4: "MemTotal − MemAvailable, since version 4.0.1.",
  memory_free_3: "MemTotal − MemFree − Buffers − Cached − SReclaimable. Shared memory and tmpfs are inside Cached, and so are missing from it.",
  memory_htop: "Used and shared together: MemTotal − MemFree − Buffers − SReclaimable − (Cached − Shmem).",
  memory_btop: "MemTotal − MemAvailable.",
  memory_top: "As free of the same version of procps does.",
  memory_not_free: "All that is not free, with every cache: what old tools and many articles call used.",
  memory_kubectl: "The working set of the container that the server runs in: its memory less inactive file pages.",
  memory_docker: "Memory of the container less inactive file pages.",
  memory_node: "The working set of the root control group: memory.stat of that group is in no reading of ours.",
  cpu_here: "All but idle and waiting for disks, of all cores.",
  cpu_top: "us + sy + ni + hi + si + st; wait is shown apart.",
  cpu_not_idle: "Waiting for disks counted as work, as some tools do.",
  cpu_own: "Without what the hypervisor has given to others: what this machine itself has done.",
  cpu_cores: "Cores instead of a share of all: 100 % is one core, 1000m is one core.",
  cpu_container: "Of the container that the server runs in, 100 % is one core.",
  cpu_load: "Tasks that run, wait to run or wait for a disk, for each core, over a minute. No share of time: above 1 something waits.",
  disk_here: "Used of what is used or available to ordinary users; of / or the first filesystem.",
  disk_df: "As fivewire, rounded up: of 28.1 % it makes 29 %.",
  disk_size: "Used of the whole size, with what is kept for root.",
  disk_avail: "Not available to ordinary users, of the whole size: what many Grafana dashboards draw.",
  disk_reserved: "Size less used less available: kept for root and for the filesystem itself.",
  disk_inodes: "Files, not bytes: a filesystem can be full of them with space left. Rounded up.",
  disk_du: "Adds up files by walking through all of them. What is deleted and still open, or hidden below a mount, is in df and not in du.",
};
