package collector

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strconv"
	"strings"
)

const mostUsers = 64

// User is somebody who is logged in.
type User struct {
	Name     string `json:"name"`
	Terminal string `json:"terminal"` // "pts/0", "tty2"; ":0" for a graphical one that has none
	From     string `json:"from"`     // host or address; "" for here
	Since    int64  `json:"since"`    // Unix milliseconds; 0 where unknown
}

type userPart struct{ users []User }

func (p *userPart) AddTo(s *Snapshot) { s.Users = p.users }

// A login is a User and the process that holds the session, 0 for unknown.
type login struct {
	user User
	pid  int64
}

// utmpUser is the type of a record that is of a login (utmp(5), USER_PROCESS).
const utmpUser = 7

// utmpSize is the size of a record in glibc's file. It has 32-bit times, so that programs of both sizes can read it, but on
// machines that never had 32-bit programs of the same kind.
func utmpSize(fileSize int) int {
	native, other := 384, 400
	if runtime.GOARCH == "arm64" || runtime.GOARCH == "loong64" {
		native, other = other, native
	}
	if fileSize%native != 0 && fileSize%other == 0 {
		return other
	}
	return native
}

// parseUtmp takes the whole file. A record that was cut off at the end is left out.
func parseUtmp(b []byte) []login {
	size := utmpSize(len(b))
	var logins []login
	for ; len(b) >= size && len(logins) < mostUsers; b = b[size:] {
		if l, ok := parseUtmpRecord(b[:size]); ok {
			logins = append(logins, l)
		}
	}
	return logins
}

// parseUtmpRecord takes a struct utmp: type, pid, line, id, user, host, exit, session, time, address.
func parseUtmpRecord(b []byte) (login, bool) {
	order := binary.NativeEndian
	if order.Uint16(b) != utmpUser {
		return login{}, false
	}
	seconds := int64(order.Uint32(b[340:])) // unsigned: it lasts until 2106
	micros := int64(order.Uint32(b[344:]))
	if len(b) == 400 {
		seconds, micros = int64(order.Uint64(b[344:])), int64(order.Uint64(b[352:]))
	}
	l := login{
		pid: int64(int32(order.Uint32(b[4:]))),
		user: User{
			Terminal: utmpText(b[8:40]),
			Name:     utmpText(b[44:76]),
			From:     utmpText(b[76:332]),
			Since:    unixMilliseconds(seconds, micros),
		},
	}
	return l, l.user.Name != "" && l.pid > 0
}

// utmpText ends at the first zero or fills its field.
func utmpText(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return clean(string(b))
}

// unixMilliseconds is 0 for a time that no login can have.
func unixMilliseconds(seconds, micros int64) int64 {
	if seconds <= 0 || seconds > 1<<33 || micros < 0 || micros >= 1_000_000 {
		return 0
	}
	return seconds*1000 + micros/1000
}

// parseSession takes a file of systemd-logind's, lines of NAME=value (src/login in systemd). ok is false for what is not
// somebody: the login screen, a service that runs as a user, a session that is ending.
func parseSession(b []byte) (l login, ok bool) {
	var class, state, display string
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		name, value, found := bytes.Cut(line, []byte("="))
		if !found {
			continue
		}
		text := func() string { return clean(strings.Trim(string(value), `"`)) }
		switch string(name) {
		case "USER":
			l.user.Name = text()
		case "TTY":
			l.user.Terminal = text()
		case "DISPLAY":
			display = text()
		case "REMOTE_HOST":
			l.user.From = text()
		case "CLASS":
			class = text()
		case "STATE":
			state = text()
		case "LEADER":
			l.pid, _ = strconv.ParseInt(string(value), 10, 32)
		case "REALTIME":
			if v, ok := parseUint(value); ok {
				l.user.Since = unixMilliseconds(int64(v/1_000_000), int64(v%1_000_000))
			}
		}
	}
	if l.user.Terminal == "" {
		l.user.Terminal = display
	}
	isUser := class == "user" || strings.HasPrefix(class, "user-") && class != "user-incomplete"
	return l, isUser && state != "closing" && l.user.Name != ""
}
