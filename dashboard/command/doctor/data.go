package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// enough is some ten times what a month of 400 series takes.
const enough = 200 << 20

// data: will history be kept across restarts?
func data(h *Host) Finding {
	dir := h.DataDir
	if dir == "" {
		return warn("history is kept in memory and ends with the program", "--data-dir DIR keeps it")
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := makeable(dir, true); err != nil {
			return fail(dir+" is not there, and cannot be made: "+cause(err), fmt.Sprintf("mkdir -p %s, and make it the owner's that fivewire runs as", dir))
		}
		return ok(dir + " is made at the start")
	case err != nil:
		return fail(err.Error(), "can the user that fivewire runs as get there?")
	case !info.IsDir():
		return fail(dir+" is no directory", "--data-dir names a directory")
	}
	if err := makeable(dir, false); err != nil {
		return fail("nothing can be written to "+dir+": "+cause(err), "it has to be the user's that fivewire runs as, on a filesystem that is not read-only")
	}
	free, total, err := h.Space(dir)
	switch {
	case err != nil:
		return ok(dir + " can be written to")
	case free < enough:
		return warn(fmt.Sprintf("%s has %d MB left of %d MB", dir, free>>20, total>>20), "a month takes some 20 MB; when it is full history goes on in memory")
	}
	return ok(fmt.Sprintf("%s can be written to, %d MB are left", dir, free>>20))
}

// makeable is why no file can be made in a directory, nil where one can; above is for a directory that will be made with
// those above it, as far as they are not there.
func makeable(dir string, above bool) error {
	if _, err := os.Stat(dir); above && errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		return makeable(filepath.Dir(dir), above)
	}
	f, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// cause is an error without the path, which stands before it.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
