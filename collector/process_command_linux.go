package collector

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// commandPatience is how long a command line may take before nobody waits for it, and lessPatience that of those
	// that follow in the same tick. They take microseconds.
	commandPatience = 200 * time.Millisecond
	lessPatience    = 10 * time.Millisecond
	// mostSilent is how many may keep a goroutine, and with it a thread, in all.
	mostSilent = 16
)

// A commandReader reads command lines. The kernel takes them from the memory of the process, and waits for a lock of
// that (mmap_lock) which is held for as long as a page does not come: from a server that is gone, for ever, beyond any
// cancelling. So each is read in a goroutine of its own, and not read again until that has ended.
type commandReader struct {
	next   *commandRead   // not begun
	silent []*commandRead // those that nobody waits for any more
	tick   int            // in which the last one was given up
	timer  *time.Timer
}

// A commandRead is one reading. It owns the directory of the process, and what it reads into, until it is done.
type commandRead struct {
	pid   int32
	birth int64
	dir   int
	name  []byte
	buf   []byte
	line  []byte
	run   func() // made once: to begin a goroutine with it allocates nothing
	done  chan struct{}
}

func newCommandRead() *commandRead {
	c := &commandRead{name: []byte("cmdline\x00"), buf: make([]byte, longestCommand), done: make(chan struct{}, 1)}
	c.run = func() {
		c.line, _ = readAt(c.dir, c.name, c.buf)
		unix.Close(c.dir)
		c.done <- struct{}{}
	}
	return c
}

// read returns the command line of the process whose directory this is, until the next read, or not ok when it does not
// answer. It closes the directory.
func (r *commandReader) read(ctx context.Context, dir int, who identity, tick int) (line []byte, ok bool) {
	r.silent = slices.DeleteFunc(r.silent, func(c *commandRead) bool { return len(c.done) > 0 })
	if len(r.silent) >= mostSilent || slices.ContainsFunc(r.silent, func(c *commandRead) bool { return c.pid == who.pid && c.birth == who.birth }) {
		unix.Close(dir)
		return nil, false
	}
	if r.next == nil {
		r.next = newCommandRead()
	}
	patience := commandPatience
	if r.tick == tick {
		patience = lessPatience
	}
	if r.timer == nil {
		r.timer = time.NewTimer(patience / 2)
	} else {
		r.timer.Reset(patience / 2)
	}
	defer r.timer.Stop()
	c := r.next
	c.pid, c.birth, c.dir = who.pid, who.birth, dir
	go c.run()
	for half := 1; half <= 2; half++ { // where the machine stops this process for long, that is one of them
		select {
		case <-c.done:
			return c.line, true
		case <-r.timer.C:
			r.timer.Reset(patience / 2)
			continue
		case <-ctx.Done():
		}
		break
	}
	r.next, r.tick = nil, tick
	r.silent = append(r.silent, c)
	return nil, false
}
