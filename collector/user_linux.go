package collector

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// recheckUsers is how often to look at everything anew, when the file of logins has not changed: whether their processes
// are alive, whether there is another file.
const recheckUsers = time.Minute

func userSource(r roots) Source {
	u := userReader{roots: r, dir: r.ofRoot("run", "systemd", "sessions"), blind: !seesLogins(r)}
	return Source{Name: "users", Every: 10 * time.Second, Idle: time.Minute, Read: u.read}
}

// userReader reads utmp(5), and where that has nobody, because the system has given it up (its times end in 2038), the
// sessions of systemd-logind.
type userReader struct {
	roots   roots
	dir     string // of sessions
	blind   bool   // the processes of the logins are not in sight
	files   smallFiles
	utmp    kernelFile
	content []byte // of utmp, as last parsed
	checked time.Time
	part    *userPart // of utmp
}

func (u *userReader) read(context.Context) (Part, error) {
	now := time.Now()
	if u.checked.IsZero() || now.Sub(u.checked) >= recheckUsers {
		u.utmp = kernelFile{path: u.utmpPath()}
		u.part, u.checked = nil, now
	}
	b, err := u.utmp.read()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read users: %w", err)
	}
	hasUtmp := err == nil
	if hasUtmp && (u.part == nil || !bytes.Equal(b, u.content)) {
		u.content = append(u.content[:0], b...)
		u.part = u.partOf(parseUtmp(b))
	}
	if hasUtmp && len(u.part.users) > 0 {
		return u.part, nil
	}
	logins, err := u.sessions()
	switch {
	case errors.Is(err, fs.ErrNotExist) && hasUtmp:
		return u.part, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, notHere("no utmp and no systemd-logind")
	case err != nil:
		return nil, fmt.Errorf("read users: %w", err)
	}
	return u.partOf(logins), nil
}

// utmpPath: /var/run is a link to /run where it is not the place itself, and below another root a link leads to our own.
func (u *userReader) utmpPath() string {
	if stat, err := os.Lstat(u.roots.ofRoot("var", "run")); err == nil && stat.IsDir() {
		return u.roots.ofRoot("var", "run", "utmp")
	}
	return u.roots.ofRoot("run", "utmp")
}

// seesLogins: the root and the processes are of the same host. Given the host's root alone, this process may be in a
// container and not see the host's processes: that is not the end of their sessions.
func seesLogins(r roots) bool {
	return r.isElsewhere() == (r.root != "/") || isHostPIDs(r.ofProc("self/ns/pid"))
}

// partOf leaves out whose process is gone: a session that was killed may leave its record behind.
func (u *userReader) partOf(logins []login) *userPart {
	part := &userPart{users: make([]User, 0, len(logins))}
	for _, l := range logins {
		if l.pid > 0 && !u.blind {
			if _, err := os.Stat(u.roots.ofProc(strconv.FormatInt(l.pid, 10))); errors.Is(err, fs.ErrNotExist) {
				continue
			}
		}
		part.users = append(part.users, l.user)
	}
	slices.SortFunc(part.users, func(a, b User) int {
		return cmp.Or(cmp.Compare(a.Since, b.Since), strings.Compare(a.Terminal, b.Terminal), strings.Compare(a.Name, b.Name))
	})
	return part
}

// sessions reads logind's files. Beside each there may be a pipe, "1.ref", which must not be opened.
func (u *userReader) sessions() ([]login, error) {
	if u.isEmpty(u.dir) {
		return nil, nil
	}
	entries, err := os.ReadDir(u.dir)
	if err != nil {
		return nil, err
	}
	var logins []login
	for _, e := range entries {
		if len(logins) == mostUsers {
			break
		}
		if !e.Type().IsRegular() || strings.Contains(e.Name(), ".") { // ".#1…" is one that is being written
			continue
		}
		stat, err := e.Info()
		if err != nil || stat.Size() > 64<<10 {
			continue
		}
		b, err := os.ReadFile(filepath.Join(u.dir, e.Name()))
		if err != nil {
			continue // it has just ended
		}
		if l, ok := parseSession(b); ok {
			logins = append(logins, l)
		}
	}
	return logins, nil
}

// isEmpty: nobody is logged in, as on most servers most of the time. A directory that cannot be read is not empty.
func (u *userReader) isEmpty(dir string) bool {
	empty := true
	return u.files.list(func([]byte) bool {
		empty = false
		return false
	}, dir) && empty
}
