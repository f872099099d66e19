package auth

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// ReadFile reads a file that says who gets in, or by what. Whoever can write it lets himself in: others must not. readable
// tells whether they can read it. What Go says of that on Windows is made up, so there it is not asked. A file of more than
// most bytes is refused.
func ReadFile(name string, most int64) (text []byte, readable bool, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, false, Denied(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	if runtime.GOOS != "windows" && info.Mode().IsRegular() {
		if info.Mode().Perm()&0o002 != 0 {
			return nil, false, fmt.Errorf("%s can be written by others (hint: chmod 600 %s)", name, name)
		}
		readable = info.Mode().Perm()&0o004 != 0
	}
	text, err = io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s is too large: more than %d bytes", name, most)
	}
	return text, readable, err
}

// Denied is an error of opening a file, with what to do about it where it may not be read or made.
func Denied(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w (hint: the user that fivewire runs as has to get there; to a service systemd hands files over by LoadCredential=, see fivewire.service)", err)
	}
	return err
}
