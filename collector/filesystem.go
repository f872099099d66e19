package collector

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/disk"
)

// usageTimeout is how long one mount may take. A local one answers in microseconds.
const usageTimeout = time.Second

// Filesystem is one mounted filesystem, with df's numbers.
type Filesystem struct {
	Mount       string `json:"mount"` // as the host sees it
	Device      string `json:"device"`
	Type        string `json:"type"`
	Total       uint64 `json:"total"`
	Used        uint64 `json:"used"`
	Available   uint64 `json:"available"`  // to an unprivileged user
	Free        uint64 `json:"-"`          // to root
	UsedRatio   Number `json:"used_ratio"` // used / (used + available), as df prints it
	InodesTotal uint64 `json:"inodes_total"`
	InodesUsed  uint64 `json:"inodes_used"`
	ReadOnly    bool   `json:"read_only"`
	// Remote: on another machine or behind a daemon. InMemory: tmpfs, whose space is memory.
	Remote   bool `json:"remote,omitempty"`
	InMemory bool `json:"in_memory,omitempty"`
	// Stale: it does not answer; the numbers are the last it gave, zero if it never gave any.
	Stale bool `json:"stale,omitempty"`
}

// HiddenMounts counts the mounts that are not listed as filesystems for one reason.
type HiddenMounts struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

func filesystemSource(r roots) Source {
	usages := mountUsages{roots: r, read: disk.UsageWithContext, timeout: usageTimeout}
	return Source{Name: "filesystems", Every: 10 * time.Second, Read: func(ctx context.Context) (Part, error) {
		ctx = r.gopsutil(ctx)
		mounts, err := disk.PartitionsWithContext(ctx, true)
		if err != nil && len(mounts) == 0 { // Windows returns drives and an error for those that are empty
			return nil, fmt.Errorf("read mounts: %w", err)
		}
		part, err := usages.of(ctx, shownMounts(mounts))
		return PartFunc(func(s *Snapshot) { s.Filesystems = part }), err
	}}
}

// mountUsages asks mounts how full they are. A dead one (a server gone, a FUSE daemon hung) blocks whoever asks, beyond
// any cancelling: so each is asked in a goroutine of its own, and not asked again until it has answered.
type mountUsages struct {
	roots   roots
	read    func(ctx context.Context, path string) (*disk.UsageStat, error)
	timeout time.Duration
	stuck   map[string]stuckMount
}

type stuckMount struct {
	asked  time.Time
	answer chan usageAnswer
}

type usageAnswer struct {
	stat *disk.UsageStat
	err  error
}

// of returns the filesystems that answered. The error names the others.
func (u *mountUsages) of(ctx context.Context, mounts []disk.PartitionStat) ([]Filesystem, error) {
	var shown []Filesystem
	var failed []error
	stuck := make(map[string]stuckMount)
	for _, m := range mounts {
		s, ok := u.stuck[m.Mountpoint]
		wait := time.Duration(0)
		if !ok {
			s = u.ask(ctx, m.Mountpoint)
			wait = u.timeout
		}
		a, ok := s.wait(ctx, wait)
		if !ok {
			stuck[m.Mountpoint] = s
			failed = append(failed, fmt.Errorf("filesystem %s: %w", m.Mountpoint, noAnswer(time.Since(s.asked))))
			continue
		}
		switch {
		case errors.Is(a.err, fs.ErrPermission), errors.Is(a.err, fs.ErrNotExist):
			// Another user's FUSE mount, or one that another has been mounted over: there, but not for us.
		case a.err != nil:
			failed = append(failed, fmt.Errorf("filesystem %s: %w", m.Mountpoint, a.err))
		case a.stat.Total > 0:
			shown = append(shown, filesystemOf(m, a.stat))
		}
	}
	u.stuck = stuck
	return shown, errors.Join(failed...)
}

func (u *mountUsages) ask(ctx context.Context, mount string) stuckMount {
	s := stuckMount{asked: time.Now(), answer: make(chan usageAnswer, 1)}
	go func() {
		var a usageAnswer
		defer func() { s.answer <- a }()
		defer recoverTo(&a.err)
		path := mount
		if runtime.GOOS == "linux" { // where a container may have the host's root somewhere else
			path = u.roots.ofRoot(mount)
		}
		a.stat, a.err = u.read(ctx, path)
	}()
	return s
}

// wait returns the answer, if there is one or one comes in time.
func (s stuckMount) wait(ctx context.Context, limit time.Duration) (usageAnswer, bool) {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	select {
	case a := <-s.answer:
		return a, true
	default:
	}
	select {
	case a := <-s.answer:
		return a, true
	case <-timeout.C:
	case <-ctx.Done():
	}
	return usageAnswer{}, false
}

// filesystemOf has df's numbers: the space reserved for root is neither used nor available, so the ratio reaches 1
// when users are out of space.
func filesystemOf(m disk.PartitionStat, u *disk.UsageStat) Filesystem {
	return Filesystem{
		Mount:       clean(m.Mountpoint),
		Device:      clean(m.Device),
		Type:        clean(m.Fstype),
		Total:       u.Total,
		Used:        u.Used,
		Available:   u.Free,
		UsedRatio:   ratio(float64(u.Used), float64(u.Used)+float64(u.Free)),
		InodesTotal: u.InodesTotal,
		InodesUsed:  u.InodesUsed,
		ReadOnly:    slices.Contains(m.Opts, "ro"),
	}
}

// shownMounts picks what df would be asked about: one mount for each device, the root whatever it is, no network
// filesystem. Of several mounts of a device it keeps the one with the shortest path: the others are bind mounts.
func shownMounts(mounts []disk.PartitionStat) []disk.PartitionStat {
	var shown []disk.PartitionStat
	for _, m := range mounts {
		shown = slices.DeleteFunc(shown, func(s disk.PartitionStat) bool { return s.Mountpoint == m.Mountpoint }) // covered by m
		if !isShown(m) {
			continue
		}
		i := slices.IndexFunc(shown, func(s disk.PartitionStat) bool { return s.Device == m.Device })
		switch {
		case i < 0:
			shown = append(shown, m)
		case len(m.Mountpoint) < len(shown[i].Mountpoint):
			shown[i] = m
		}
	}
	return shown
}

func isShown(m disk.PartitionStat) bool {
	if m.Mountpoint == "/" {
		return m.Fstype != "rootfs" // what the kernel has under the real root
	}
	return !isPseudo(m.Fstype) && !isRemote(m.Fstype) && !isInternal(m.Mountpoint)
}

// isPseudo: no disk space of its own, or that of a file or a directory which is counted already.
func isPseudo(fstype string) bool {
	switch fstype {
	case "autofs", "bdev", "binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "cpuset", "debugfs", "devfs",
		"devpts", "devtmpfs", "efivarfs", "fdescfs", "fusectl", "hugetlbfs", "ipathfs", "linprocfs", "linsysfs", "mqueue",
		"nsfs", "nullfs", "overlay", "pipefs", "proc", "procfs", "pstore", "ramfs", "rootfs", "rpc_pipefs", "securityfs",
		"selinuxfs", "smackfs", "sockfs", "sysfs", "tmpfs", "tracefs", "none",
		"erofs", "iso9660", "squashfs", "udf", "ISO9660", "UDF", "CDFS": // images and discs are always full
		return true
	}
	return false
}

// isRemote: may hang with a server or a daemon. fuseblk, a local disk, does not match.
func isRemote(fstype string) bool {
	switch fstype {
	case "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse", "gfs", "gfs2", "glusterfs",
		"gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "smb3", "smbfs", "vboxsf", "vmhgfs", "webdav":
		return true
	}
	return strings.HasPrefix(fstype, "fuse.")
}

// isInternal: mounts that container runtimes and macOS make for themselves.
func isInternal(mount string) bool {
	switch mount {
	case "/etc/hosts", "/etc/hostname", "/etc/resolv.conf": // a container's, each a file of the host's disk
		return true
	case "/System/Volumes/Data": // where macOS keeps what is the user's
		return false
	}
	for _, under := range []string{"/proc/", "/sys/", "/dev/", "/run/credentials/", "/snap/", "/System/Volumes/",
		"/private/var/vm", "/var/lib/docker/", "/var/lib/containers/storage/", "/var/lib/kubelet/"} {
		if strings.HasPrefix(mount, under) {
			return true
		}
	}
	return false
}
