package collector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func filesystemSource(r roots) Source {
	return filesystemSourceOf(r, func(m mount) (usage, error) { return measureMount(r.ofRoot(m.path), m) })
}

func filesystemSourceOf(r roots, measure func(m mount) (usage, error)) Source {
	mounts := mountReader{roots: r}
	mounts.usages.measure = measure
	return Source{Name: "filesystems", Every: filesystemsEvery, Read: func(ctx context.Context) (Part, error) {
		odd, err := mounts.read()
		if err != nil {
			return nil, fmt.Errorf("read mounts: %w", err)
		}
		part, err := mounts.part(ctx)
		if err == nil {
			err = odd
		}
		return part, err
	}}
}

// A mountReader keeps what is shown of the mounts until they change.
type mountReader struct {
	filesystemReader
	roots roots
	file  mountFile
	odd   error // some lines were not understood
}

// read picks the mounts anew if they have changed.
func (r *mountReader) read() (odd, err error) {
	if r.file.file.path == "" {
		r.file.file.path = mountinfoPath(r.roots)
	}
	if r.foundFiles() {
		r.file.forget()
	}
	text, changed, err := r.file.read(time.Now())
	if err != nil {
		return nil, err
	}
	if changed {
		mounts, odd := parseMountinfo(text)
		if len(mounts) == 0 {
			r.file.forget()
			if odd == nil {
				odd = errors.New("mountinfo is empty")
			}
			return nil, odd
		}
		r.odd = odd
		r.shown, r.hidden = shownMounts(mounts, reachableMounts(mounts), r.files)
		for i, m := range r.shown { // what is kept must not hold on to all of the text
			m.dev, m.path = strings.Clone(m.dev), strings.Clone(m.path)
			m.fstype, m.device = strings.Clone(m.fstype), strings.Clone(m.device)
			r.shown[i] = m
		}
	}
	return r.odd, nil
}

// foundFiles notes the shown mounts that turned out to be single files. Another mount of the same filesystem may be a
// directory, which they stood for.
func (r *mountReader) foundFiles() bool {
	found := false
	for _, m := range r.shown {
		s := r.usages.states[mountKey{m.dev, m.path}]
		if s == nil || !errors.Is(s.err, errNotADir) || r.files[m.path] {
			continue
		}
		if r.files == nil || len(r.files) > mostFilesystems {
			r.files = make(map[string]bool)
		}
		r.files[m.path] = true
		found = true
	}
	return found
}

// measureMount asks what is mounted at a path how full it is. It blocks for as long as the mount does.
//
// Where the mounts are those of a host whose root is somewhere else here, or of another namespace, the path may lead to
// another filesystem: the device number tells, and for filesystems that have one for each part of them, the type, and
// that something is mounted there at all: a root that was bound without the mounts below it has bare directories.
func measureMount(path string, m mount) (usage, error) {
	var stat unix.Stat_t
	if err := again(func() error { return unix.Stat(path, &stat) }); err != nil {
		return usage{}, err
	}
	magic := magicOf(m.fstype)
	if major, minor, ok := parseDev(m.dev); ok && magic == 0 &&
		(unix.Major(uint64(stat.Dev)) != major || unix.Minor(uint64(stat.Dev)) != minor) {
		return usage{}, errElsewhere
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		return usage{}, errNotADir
	}
	var full unix.Statfs_t
	if err := again(func() error { return unix.Statfs(path, &full) }); err != nil {
		return usage{}, err
	}
	if magic != 0 && (uint32(full.Type) != magic || !mayBeMountRoot(path)) {
		return usage{}, errElsewhere
	}
	size := uint64(full.Frsize)
	if size == 0 {
		size = uint64(full.Bsize)
	}
	return usageOf(full.Blocks, full.Bfree, full.Bavail, size, full.Files, full.Ffree)
}

// mayBeMountRoot: something is mounted at a path, or the kernel does not tell (statx(2), STATX_ATTR_MOUNT_ROOT, since
// Linux 5.8).
func mayBeMountRoot(path string) bool {
	var stat unix.Statx_t
	err := again(func() error { return unix.Statx(unix.AT_FDCWD, path, 0, 0, &stat) })
	return err != nil || stat.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT == 0 || stat.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}

// again calls f until no signal interrupts it; the Go runtime sends some.
func again(f func() error) error {
	for range 100 {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
	return unix.EINTR
}

// magicOf is the number by which statfs tells a filesystem whose files have other device numbers than mountinfo has;
// 0 for all others.
func magicOf(fstype string) uint32 {
	switch fstype {
	case "btrfs":
		return unix.BTRFS_SUPER_MAGIC
	case "overlay":
		return unix.OVERLAYFS_SUPER_MAGIC
	case "zfs":
		return 0x2fc12fc1
	case "bcachefs":
		return 0xca451a4e
	case "lustre":
		return 0x0bd00bd0
	case "gpfs":
		return 0x47504653
	}
	return 0
}
