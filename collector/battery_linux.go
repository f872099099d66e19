package collector

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// relistSupplies is how often to look for batteries that came or went.
const relistSupplies = time.Minute

func batterySource(r roots) Source {
	b := batteryReader{roots: r}
	return Source{Name: "batteries", Every: 10 * time.Second, Read: b.read}
}

type batteryReader struct {
	roots  roots
	listed time.Time
	files  []batteryFile
}

type batteryFile struct {
	name string
	file *kernelFile
}

func (b *batteryReader) read(context.Context) (Part, error) {
	if now := time.Now(); b.listed.IsZero() || now.Sub(b.listed) >= relistSupplies {
		if err := b.list(); err != nil {
			return nil, fmt.Errorf("read batteries: %w", err)
		}
		b.listed = now
	}
	if len(b.files) == 0 {
		return nil, notHere("no battery")
	}
	part := &batteryPart{batteries: make([]Battery, 0, len(b.files))}
	var failed []error
	for _, f := range b.files {
		content, err := f.file.read()
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENODEV):
			b.listed = time.Time{} // pulled out
		case err != nil:
			failed = append(failed, fmt.Errorf("read battery %s: %w", f.name, err))
		default:
			part.batteries = append(part.batteries, batteryOf(f.name, parseSupply(content)))
		}
	}
	if len(part.batteries) == 0 && failed != nil {
		return nil, errors.Join(failed...)
	}
	return part, errors.Join(failed...)
}

// list finds the batteries and keeps the files of those that are known.
func (b *batteryReader) list() error {
	entries, err := os.ReadDir(b.roots.ofSys("class", "power_supply"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var files []batteryFile
	for _, e := range entries {
		if len(files) == mostBatteries {
			break
		}
		dir := b.roots.ofSys("class", "power_supply", e.Name())
		if !isBattery(rawText(dir, "type"), rawText(dir, "scope")) {
			continue
		}
		f := batteryFile{name: clean(e.Name()), file: &kernelFile{path: dir + "/uevent"}}
		if i := slices.IndexFunc(b.files, func(old batteryFile) bool { return old.file.path == f.file.path }); i >= 0 {
			f = b.files[i]
		}
		files = append(files, f)
	}
	b.files = files
	return nil
}
