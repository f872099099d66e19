package collector

import (
	"bytes"
	"errors"
	"time"
)

// Handles is how many files the whole host has open (proc_sys_fs(5), file-nr).
type Handles struct {
	Allocated uint64 `json:"allocated"`
	Maximum   uint64 `json:"maximum"`
}

// handleSource is seldom read: the kernel adds up a counter of each processor to answer.
func handleSource(r roots) Source {
	return Source{Name: "handles", Every: 5 * time.Second, Read: newHandleReader(r).read}
}

type handlePart struct{ handles Handles }

func (p *handlePart) AddTo(s *Snapshot) { s.Handles = &p.handles }

// parseHandles reads file-nr: how many are allocated, how many of these are free (0 since Linux 2.6), and the maximum.
func parseHandles(b []byte) (h Handles, err error) {
	line, rest := cutLine(b)
	allocated, line, ok := cutUint(line)
	free, line, ok2 := cutUint(line)
	maximum, line, ok3 := cutUint(line)
	if !ok || !ok2 || !ok3 || rest == nil || len(bytes.TrimSpace(line)) > 0 {
		return h, errors.New("malformed file-nr")
	}
	return Handles{Allocated: without(allocated, free), Maximum: maximum}, nil
}
