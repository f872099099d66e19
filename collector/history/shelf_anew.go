package history

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
)

// writeAnew makes a file of what is of use, and puts it in the place of the old one.
func (f *file) writeAnew() error {
	f.mu.RLock()
	list := slices.Concat(f.tiers...)
	waiting := maps.Clone(f.waiting)
	f.mu.RUnlock()
	data, places, size, err := f.copyTo(f.path+".new", list, waiting)
	if err == nil {
		f.swap.Lock()
		defer f.swap.Unlock()
		err = f.exchange(data)
	}
	if err != nil {
		os.Remove(f.path + ".new")
		return fmt.Errorf("it cannot be written anew: %w", err)
	}
	f.size = size
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, p := range places {
		if packed := waiting[k]; packed != nil {
			f.placed(k, packed, p)
		}
	}
	for t := range f.tiers {
		for i := len(f.tiers[t]) - 1; i >= 0; i-- {
			e := &f.tiers[t][i]
			if e.at < 0 {
				continue // it came meanwhile, and waits
			}
			p, copied := places[e.key]
			if !copied {
				f.forget(uint8(t), i)
				continue
			}
			e.place = p
		}
	}
	return nil
}

// copyTo writes blocks to a new file, and tells where they are and how long it is. What has been damaged, and what cannot be read
// where the rest can, is left out.
func (f *file) copyTo(path string, list []entry, waiting map[key][]byte) (*os.File, map[key]place, int64, error) {
	data, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, nil, 0, err
	}
	places := make(map[key]place, len(list))
	size := int64(0)
	var b []byte
	var unread error
	for _, e := range list {
		packed := waiting[e.key]
		if packed == nil {
			if b, err = f.read(e, b); errors.Is(err, syscall.EIO) || errors.Is(err, io.EOF) {
				unread, err = err, nil
				continue
			}
			if err != nil {
				break
			}
			packed = b
		}
		if _, ok := whole(packed); !ok {
			continue
		}
		if _, err = data.WriteAt(packed, size); err != nil {
			break
		}
		places[e.key] = place{size, e.rows, len(packed), e.every}
		size += int64(len(packed))
	}
	if err == nil && unread != nil {
		if len(places) == 0 {
			err = unread
		} else {
			f.log.Warn("a part of the history cannot be read any more and is left out", "file", f.path, "error", unread)
		}
	}
	if err == nil {
		err = data.Sync()
	}
	if err != nil {
		data.Close()
	}
	return data, places, size, err
}

// exchange puts the new file in the place of the old one. swap is held.
func (f *file) exchange(data *os.File) error {
	if runtime.GOOS == "windows" { // it does not let go of a name that is open
		data.Close()
		f.data.Close()
		renamed := os.Rename(f.path+".new", f.path)
		data, err := os.OpenFile(f.path, os.O_RDWR, 0o600)
		if err == nil {
			f.data = data
		}
		return errors.Join(renamed, err)
	}
	if err := os.Rename(f.path+".new", f.path); err != nil {
		data.Close()
		return err
	}
	f.data.Close()
	f.data = data
	if dir, err := os.Open(filepath.Dir(f.path)); err == nil { // the name is to outlive a power cut
		dir.Sync()
		dir.Close()
	}
	return nil
}
