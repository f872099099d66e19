package doctor

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// key: will the key be read, or made?
func key(h *Host) Finding {
	if h.Key == nil {
		return ok("no key is named: where one is needed, another is made at each start")
	}
	err := h.Key()
	switch {
	case err == nil:
		return ok("the key can be read")
	case !errors.Is(err, fs.ErrNotExist):
		return refused(err, "a key is one line of 22 characters or more, in a file that the user that fivewire runs as can read and others cannot")
	}
	if err := makeable(filepath.Dir(h.KeyFile), false); err != nil {
		return fail(h.KeyFile+" is not there, and cannot be made: "+cause(err), "name one where fivewire may write, such as in its --data-dir")
	}
	return ok(h.KeyFile + " is made at the start, with a key")
}
