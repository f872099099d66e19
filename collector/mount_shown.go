package collector

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// mostFilesystems bounds the list: a screen and a message have to hold it.
const mostFilesystems = 200

// A hideReason is why a mount is not listed as a filesystem.
type hideReason int

const (
	notHidden hideReason = iota
	hiddenKernel
	hiddenBind
	hiddenFile
	hiddenImage
	hiddenRuntime
	hiddenOverlay
	hiddenSystem
	hiddenCovered
	hiddenNotOurs
	hiddenElsewhere
	hiddenNoSize
	hiddenMany
	hideReasons // how many there are
)

// String is what the snapshot says.
func (h hideReason) String() string {
	return [...]string{
		notHidden:       "",
		hiddenKernel:    "kernel interface (proc, sysfs, cgroup …)",
		hiddenBind:      "bind mount of a filesystem already listed",
		hiddenFile:      "bind mount of a single file",
		hiddenImage:     "read-only image, always full",
		hiddenRuntime:   "inside a container runtime's directory",
		hiddenOverlay:   "overlay, its space is another filesystem's",
		hiddenSystem:    "small one of the system's own (/run/user, secrets …)",
		hiddenCovered:   "covered by a later mount",
		hiddenNotOurs:   "not for us to see",
		hiddenElsewhere: "not visible from here, another filesystem is at its path",
		hiddenNoSize:    "without a size",
		hiddenMany:      "more than 200 filesystems",
	}[h]
}

// hiddenCounts has how many mounts are hidden for each reason.
type hiddenCounts [hideReasons]int

// list is those that there are, in the order of the reasons.
func (h *hiddenCounts) list() []HiddenMounts {
	var list []HiddenMounts
	for reason, n := range h {
		if n > 0 {
			list = append(list, HiddenMounts{Reason: hideReason(reason).String(), Count: n})
		}
	}
	return list
}

// shownMounts picks the mounts that are listed if they answer: of each filesystem the one with the shortest path, the
// root whatever it is. It counts the others. Files are paths that turned out to be no directories.
func shownMounts(mounts []mount, reachable []bool, files map[string]bool) (shown []mount, hidden hiddenCounts) {
	place := make(map[string]int) // in shown, by dev
	for i, m := range mounts {
		reason := m.hideReason()
		switch {
		case !reachable[i]:
			reason = hiddenCovered
		case reason == notHidden && files[m.path]:
			reason = hiddenFile
		}
		if reason != notHidden {
			hidden[reason]++
			continue
		}
		j, ok := place[m.dev]
		switch {
		case !ok:
			place[m.dev] = len(shown)
			shown = append(shown, m)
			continue
		case len(m.path) < len(shown[j].path):
			shown[j] = m
		}
		hidden[hiddenBind]++
	}
	if len(shown) > mostFilesystems { // keep disks rather than servers, and those rather than memory
		slices.SortFunc(shown, func(a, b mount) int {
			return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.path, b.path))
		})
		hidden[hiddenMany] = len(shown) - mostFilesystems
		shown = shown[:mostFilesystems]
	}
	slices.SortFunc(shown, func(a, b mount) int { return strings.Compare(a.path, b.path) })
	return shown, hidden
}

func (m mount) rank() int {
	switch {
	case m.path == "/":
		return 0
	case m.isRemote():
		return 2
	case m.isInMemory():
		return 3
	}
	return 1
}

func (m mount) hideReason() hideReason {
	switch {
	case m.path == "/":
		return notHidden
	case isSingleFile(m.path):
		return hiddenFile
	case isKernelInterface(m.fstype), m.path != "/dev/shm" && isBelow(m.path, "/proc", "/sys", "/dev"):
		return hiddenKernel
	case m.isImage():
		return hiddenImage
	case m.isInMemory() && m.readOnly, m.fstype == "ramfs",
		isBelow(m.path, "/run/user", "/run/credentials", "/run/secrets", "/var/run/secrets"),
		m.path != "/System/Volumes/Data" && isBelow(m.path, "/System/Volumes", "/private/var/vm"): // macOS
		return hiddenSystem // a secret or a projected volume in a container is a tmpfs that cannot be written to
	case isOfRuntime(m.path):
		return hiddenRuntime
	case m.fstype == "overlay", m.fstype == "aufs", m.fstype == "fuse.fuse-overlayfs":
		return hiddenOverlay
	}
	return notHidden
}

// What a mount may turn out to be when it is asked; it is hidden then.
var (
	errElsewhere = errors.New("another filesystem is at its path")
	errNotADir   = errors.New("not a directory")
)

// smallMemory: one in memory with less than this, in a directory of the system, is one of its own, such as /run/lock.
const smallMemory = 16 << 20

// hideAsked is hideReason of a mount that has been asked how full it is: it has answered at some time, with a usage, or
// the last answer was an error.
func (m mount) hideAsked(answered bool, u usage, err error) hideReason {
	switch {
	case errors.Is(err, errElsewhere):
		return hiddenElsewhere
	case errors.Is(err, errNotADir):
		return hiddenFile
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist):
		return hiddenNotOurs // another user's FUSE mount, or one in a directory that this process does not have
	case answered && u.total == 0:
		return hiddenNoSize
	case answered && m.isInMemory() && u.total < smallMemory && isBelow(m.path, "/run", "/var/run", "/dev", "/sys", "/proc"):
		return hiddenSystem
	}
	return notHidden
}

// isBelow: path is one of the directories, or in one.
func isBelow(path string, dirs ...string) bool {
	for _, dir := range dirs {
		if rest, ok := strings.CutPrefix(path, dir); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

// isSingleFile: what container runtimes mount over a container's files, from the host's disk.
func isSingleFile(path string) bool {
	switch path {
	case "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/termination-log":
		return true
	}
	return false
}

// isOfRuntime: in the directory of a container runtime, not the directory, which may be a disk of its own.
func isOfRuntime(path string) bool {
	for _, dir := range [...]string{"/var/lib/docker/", "/var/lib/containers/storage/", "/var/lib/containerd/",
		"/var/lib/kubelet/", "/run/containerd/", "/run/docker/", "/run/k3s/"} {
		if strings.HasPrefix(path, dir) {
			return true
		}
	}
	return strings.Contains(path, "/.local/share/containers/storage/") // one without root
}

// isKernelInterface: files that are no files.
func isKernelInterface(fstype string) bool {
	switch fstype {
	case "apparmorfs", "autofs", "bdev", "binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "cpuset",
		"debugfs", "devfs", "devpts", "devtmpfs", "efivarfs", "fdescfs", "functionfs", "fuse.lxcfs", "fusectl", "hugetlbfs",
		"ipathfs", "linprocfs", "linsysfs", "map", "mqueue", "nfsd", "nsfs", "nullfs", "openpromfs", "pipefs", "proc",
		"procfs", "pstore", "resctrl", "rootfs", "rpc_pipefs", "securityfs", "selinuxfs", "smackfs", "sockfs", "sysfs",
		"tracefs", "xenfs", "none":
		return true
	}
	return false
}

// isImage: made to be full. A DVD or a disk with UDF may be written to.
func (m mount) isImage() bool {
	switch m.fstype {
	case "squashfs", "erofs", "cramfs", "romfs", "fuse.squashfuse", "fuse.snapfuse", "ISO9660", "UDF", "CDFS":
		return true
	case "iso9660", "udf":
		return m.readOnly
	}
	return false
}

// isRemote: on another machine or behind a daemon, so it may hang with it. fuseblk is a local disk.
func (m mount) isRemote() bool {
	switch m.fstype {
	case "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse", "gfs", "gfs2", "glusterfs",
		"gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs",
		"vmhgfs", "webdav":
		return true
	}
	return strings.HasPrefix(m.fstype, "fuse.")
}

func (m mount) isInMemory() bool { return m.fstype == "tmpfs" || m.fstype == "ramfs" }
