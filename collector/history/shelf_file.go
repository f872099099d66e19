package history

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	// fileName has the version of the format in it: a later one is another file, and this one stays as it is.
	fileName = "history.v1"
	lockName = "lock"
	// held is in the lock's file while somebody has the directory.
	held = "held\n"
	// mostWaiting bounds what waits in memory for a disk that cannot be written.
	mostWaiting = 4 << 20
	// complain is how often it is said that it cannot.
	complain = time.Minute
	// slack is how much of the file may be of no use any more, beside as much as is of use.
	slack = 4 << 20
	// rest is how long it is not tried again to write the file anew, after that failed: it may fill the disk each time.
	rest = 10 * time.Minute
)

// errGrows is why the history is on disk and yet not as it should be; of all else that can be wrong it is not.
var errGrows = errors.New("history is written, and its file grows")

// A file is a shelf on disk: blocks, one behind the other. What is put waits in memory until its goroutine has written
// it, and is answered from there. A block that replaces another is written behind it; when half the file is of no use it
// is written anew. Where that fails it grows by as much again, and no further. There is no order to lose: a block that is
// damaged is lost by itself.
type file struct {
	index // what waits included: it is at -1 there
	log   *slog.Logger
	path  string
	lock  *os.File
	left  bool          // by who had the directory before, without a word: its lock is not empty
	work  chan struct{} // a token when something waits
	ended chan struct{}

	swap sync.RWMutex // held while data is used; it is exchanged when the file is written anew
	data data

	// Only for the goroutine:
	size    int64     // of the file
	tooLong error     // why it is longer than it need be
	tried   time.Time // when it was to be written anew last

	// Guarded by mu:
	waiting   map[key][]byte
	closed    bool
	problem   error // what is wrong with the file, a sentence
	complains time.Time
}

// data is an *os.File, or one of a test.
type data interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// openFile opens the file in a directory, and makes both if need be. What is put waits until write is begun.
func openFile(dir string, b bounds, log *slog.Logger) (*file, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(dir, lockName))
	if err != nil {
		return nil, err
	}
	f := &file{
		index: newIndex(b), log: log, path: filepath.Join(dir, fileName), lock: lock, work: make(chan struct{}, 1),
		ended: make(chan struct{}), waiting: make(map[key][]byte),
	}
	if err := f.open(); err != nil {
		unlockFile(lock)
		return nil, err
	}
	info, err := lock.Stat()
	f.left = err == nil && info.Size() > 0
	_, _ = lock.WriteAt([]byte(held), 0) // where it cannot be, nothing is said of this end
	return f, nil
}

// open opens the file and looks through it.
func (f *file) open() error {
	os.Remove(f.path + ".new") // of a process that ended while it wrote the file anew; we have the lock
	data, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	f.data = data
	found, other, err := scan(data, f.bounds)
	if err == nil {
		f.size, err = data.Seek(0, io.SeekEnd)
	}
	if err != nil {
		data.Close()
		return fmt.Errorf("read %s: %w", f.path, err)
	}
	if other > 0 {
		f.log.Warn("a part of the history is damaged and left out; the rest is whole", "file", f.path, "bytes", other, "of", f.size)
	}
	for _, k := range slices.SortedFunc(maps.Keys(found), key.compare) {
		f.add(entry{k, found[k]})
	}
	f.bound(func(key) {})
	return nil
}

func (f *file) put(k key, rows int, packed []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.waiting[k] = packed
	f.add(entry{k, place{-1, rows, len(packed), 0}})
	f.bound(func(k key) { delete(f.waiting, k) })
	if f.problem != nil {
		f.spare()
	}
	select {
	case f.work <- struct{}{}:
	default:
	}
}

// spare drops what has waited for longest when too much waits. mu is held.
func (f *file) spare() {
	size := 0
	for _, packed := range f.waiting {
		size += len(packed)
	}
	for _, k := range slices.SortedFunc(maps.Keys(f.waiting), func(a, b key) int { return cmp.Compare(a.first, b.first) }) {
		if size <= mostWaiting {
			return
		}
		if k.tier == markTier { // there are few, and they are short
			continue
		}
		size -= len(f.waiting[k])
		delete(f.waiting, k)
		if i, there := f.find(k); there {
			f.forget(k.tier, i)
		}
	}
}

// write is the goroutine that brings to the file what waits.
func (f *file) write() {
	defer close(f.ended)
	for range f.work {
		f.writeOnce()
	}
	f.writeOnce() // what was put last
}

func (f *file) writeOnce() {
	f.mu.RLock()
	n, live := len(f.waiting), int64(f.bytes)
	f.mu.RUnlock()
	if n == 0 {
		return
	}
	err := f.shorten(live)
	if err != nil && f.size > 3*live+2*slack {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.report(fmt.Errorf("history goes on in memory: %w", err))
		return
	}
	if err != nil { // the page knows it by its beginning
		err = fmt.Errorf("%w: %w", errGrows, err)
	}
	f.mu.RLock()
	waiting := maps.Clone(f.waiting)
	f.mu.RUnlock()
	places, failed := f.append(waiting)
	if failed != nil {
		err = fmt.Errorf("history cannot be written and goes on in memory: %w", failed)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.report(err)
	for k, p := range places {
		f.placed(k, waiting[k], p)
	}
}

// shorten writes the file anew, with what waits, when it is longer than it need be for what is of use.
func (f *file) shorten(live int64) error {
	if f.size <= 2*live+slack {
		f.tooLong = nil
	} else if now := time.Now(); f.tooLong == nil || now.Sub(f.tried) >= rest {
		f.tooLong, f.tried = f.writeAnew(), now
	}
	return f.tooLong
}

// placed notes where a block is, unless there is a newer one. mu is held.
func (f *file) placed(k key, packed []byte, p place) {
	if now := f.waiting[k]; len(now) != len(packed) || len(now) > 0 && &now[0] != &packed[0] {
		return
	}
	delete(f.waiting, k)
	if i, there := f.find(k); there {
		f.tiers[k.tier][i].place = p
	}
}

// report notes how writing went, and says so, but not all the time. mu is held.
func (f *file) report(err error) {
	switch now := time.Now(); {
	case err == nil && f.problem != nil:
		f.log.Info("the history is written again", "file", f.path)
	case err != nil && (f.problem == nil || now.Sub(f.complains) >= complain):
		f.complains = now
		f.log.Warn("the history is not on disk as it should be, and it is tried again", "file", f.path, "error", err)
	}
	f.problem = err
}

// append writes blocks behind the others, in the order of keys: all, or none that counts.
func (f *file) append(blocks map[key][]byte) (map[key]place, error) {
	if len(blocks) == 0 { // the file has just been written anew
		return nil, nil
	}
	places := make(map[key]place, len(blocks))
	var b []byte
	for _, k := range slices.SortedFunc(maps.Keys(blocks), key.compare) {
		packed := blocks[k]
		block, err := unpack(packed, nil)
		if err != nil {
			return nil, err
		}
		places[k] = place{f.size + int64(len(b)), len(block.times), len(packed), block.every}
		b = append(b, packed...)
	}
	f.swap.RLock()
	defer f.swap.RUnlock()
	_, err := f.data.WriteAt(b, f.size)
	if err == nil {
		err = f.data.Sync()
	}
	if err != nil {
		f.data.Truncate(f.size) // as far as it can be had; else the next attempt writes over it
		if wrong := new(os.PathError); errors.As(err, &wrong) {
			err = wrong.Err // it may tell the name that the file had when it was written anew
		}
		return nil, err
	}
	f.size += int64(len(b))
	return places, nil
}

// read reads a block, into the memory of b if that is enough. swap is held, unless by the goroutine that writes.
func (f *file) read(e entry, b []byte) ([]byte, error) {
	b = slices.Grow(b[:0], e.size)[:e.size]
	_, err := f.data.ReadAt(b, e.at)
	return b, err
}

func (f *file) each(tier uint8, from, to int64, do func(stored)) {
	f.swap.RLock()
	defer f.swap.RUnlock()
	f.mu.RLock()
	list := f.between(tier, from, to)
	waiting := make(map[key][]byte)
	for _, e := range list {
		if e.at < 0 {
			waiting[e.key] = f.waiting[e.key]
		}
	}
	f.mu.RUnlock()
	var space spaces
	for _, e := range list {
		do(stored{tier: tier, packed: waiting[e.key], file: f.data, place: e.place, space: &space})
	}
}

func (f *file) close() error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil
	}
	f.closed = true
	close(f.work)
	f.mu.Unlock()
	<-f.ended
	f.swap.Lock()
	defer f.swap.Unlock()
	return errors.Join(f.problem, f.data.Close(), f.lock.Truncate(0), unlockFile(f.lock))
}
