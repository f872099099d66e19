package collector

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"
)

// Filesystem is one mounted filesystem, with df's numbers.
type Filesystem struct {
	Mount     string `json:"mount"` // as the host sees it
	Device    string `json:"device"`
	Type      string `json:"type"`
	Total     uint64 `json:"total"`
	Used      uint64 `json:"used"`
	Available uint64 `json:"available"`  // to an unprivileged user
	Free      uint64 `json:"-"`          // to root
	UsedRatio Number `json:"used_ratio"` // used / (used + available): what df rounds up to a whole percent
	// Inodes are 0 of 0 where a filesystem has no fixed number of them (btrfs, vfat).
	InodesTotal uint64 `json:"inodes_total"`
	InodesUsed  uint64 `json:"inodes_used"`
	ReadOnly    bool   `json:"read_only"`
	// Remote: on another machine or behind a daemon. InMemory: tmpfs, whose space is memory.
	Remote   bool `json:"remote,omitempty"`
	InMemory bool `json:"in_memory,omitempty"`
	// Stale: it does not answer, or with an error; the numbers are the last it gave, zero if it never gave any.
	Stale bool `json:"stale,omitempty"`
}

// roomy is how many bytes are enough for a while, whatever ratio of a filesystem they are.
const roomy = 50 << 30

// Full is the ratio of its space that is used, as verdict and alerts take it: 0 where being full is no news, since it can only be read,
// does not answer, or has more than 50 GiB left.
func (f *Filesystem) Full() float64 {
	if f.ReadOnly || f.Stale || f.Available > roomy {
		return 0
	}
	return f.UsedRatio.value
}

// HiddenMounts counts the mounts that are not listed as filesystems for one reason, in plain words. The reasons are in
// a fixed order.
type HiddenMounts struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

const filesystemsEvery = 10 * time.Second

// usage is how full a filesystem is, in bytes and inodes.
type usage struct {
	total, used, available, free uint64
	inodes, inodesUsed           uint64
}

// usageOf is for what statfs gives, in blocks of a size. Filesystems in user space may say what they like: what is
// free is at most what there is, and so is what is available, which some count below zero.
func usageOf(blocks, free, available, size, inodes, inodesFree uint64) (usage, error) {
	if over, _ := bits.Mul64(blocks, size); over > 0 {
		return usage{}, fmt.Errorf("absurd size: %d blocks of %d bytes", blocks, size)
	}
	if free > blocks {
		free = 0
	}
	if available > blocks {
		available = 0
	}
	if inodes > math.MaxInt64 { // -1: it cannot tell
		inodes = 0
	}
	return usage{
		total: blocks * size, used: (blocks - free) * size, available: available * size, free: free * size,
		inodes: inodes, inodesUsed: without(inodes, inodesFree),
	}, nil
}

// filesystemOf has df's numbers: the space reserved for root is neither used nor available, so the ratio reaches 1
// when users are out of space.
func filesystemOf(m mount, u usage) Filesystem {
	return Filesystem{
		Mount:       clean(m.path),
		Device:      clean(withoutSecrets(withoutUser(m.device))),
		Type:        clean(m.fstype),
		Total:       u.total,
		Used:        u.used,
		Available:   u.available,
		Free:        u.free,
		UsedRatio:   ratio(float64(u.used), float64(u.used)+float64(u.available)),
		InodesTotal: u.inodes,
		InodesUsed:  u.inodesUsed,
		ReadOnly:    m.readOnly,
		Remote:      m.isRemote(),
		InMemory:    m.isInMemory(),
	}
}

type filesystemPart struct {
	filesystems []Filesystem
	hidden      []HiddenMounts
}

func (p *filesystemPart) AddTo(s *Snapshot) { s.Filesystems, s.HiddenMounts = p.filesystems, p.hidden }

// filesystemReader asks the mounts that are picked how full they are.
type filesystemReader struct {
	usages usageReader
	shown  []mount
	hidden hiddenCounts
	files  map[string]bool // paths that are no directories
}

// part asks the mounts. The error names those that do not answer.
func (f *filesystemReader) part(ctx context.Context) (*filesystemPart, error) {
	states := f.usages.refresh(ctx, f.shown)
	now := time.Now()
	hidden := f.hidden
	part := &filesystemPart{filesystems: make([]Filesystem, 0, len(f.shown))}
	var failed []error
	for i, m := range f.shown {
		s := states[i]
		err := s.err
		if s.waiting {
			err = noAnswer(now.Sub(s.asked))
		}
		if reason := m.hideAsked(s.answered, s.usage, err); reason != notHidden {
			hidden[reason]++
			continue
		}
		filesystem := filesystemOf(m, s.usage)
		if err != nil {
			filesystem.Stale = true
			failed = append(failed, fmt.Errorf("filesystem %s: %w", m.path, err))
		}
		part.filesystems = append(part.filesystems, filesystem)
	}
	part.hidden = hidden.list()
	return part, few(failed)
}

// few is the errors in one line, and how many more there are.
func few(errs []error) error {
	const named = 3
	if len(errs) == 0 {
		return nil
	}
	var b strings.Builder
	for i, err := range errs[:min(len(errs), named)] {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(err.Error())
	}
	if more := len(errs) - named; more > 0 {
		fmt.Fprintf(&b, "; and %d more", more)
	}
	return errors.New(b.String())
}
