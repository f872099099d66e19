package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
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
		return fail(dir+" is not there", fmt.Sprintf("mkdir %s, and make it the owner's that fivewire runs as", dir))
	case err != nil:
		return fail(err.Error(), "can the user that fivewire runs as get there?")
	case !info.IsDir():
		return fail(dir+" is no directory", "--data-dir names a directory")
	}
	f, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		return fail("nothing can be written to "+dir+": "+cause(err), "it has to be the user's that fivewire runs as, on a filesystem that is not read-only")
	}
	f.Close()
	os.Remove(f.Name())
	free, total, err := h.Space(dir)
	switch {
	case err != nil:
		return ok(dir + " can be written to")
	case free < enough:
		return warn(fmt.Sprintf("%s has %d MB left of %d MB", dir, free>>20, total>>20), "a month takes some 20 MB; when it is full history goes on in memory")
	}
	return ok(fmt.Sprintf("%s can be written to, %d MB are left", dir, free>>20))
}

// cause is an error without the path, which stands before it.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
