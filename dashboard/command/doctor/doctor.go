// Package doctor looks at a host with the eyes of a fivewire that is about to run there: what it will not see, what will
// be in its way, and what to do about it.
//
// A check is a file here and a line in all. It is a pure function of a Host: what that reads from /proc and /sys is below
// two directories, which tests make up; what it asks the kernel is a field. It changes nothing, but that it opens and
// closes what will be opened: the address, and a file where there will be one.
//
// A finding fails where fivewire would not start, or not keep what it was told to keep; it is a warning where it would
// show or bear less than it could. The hint says what to do, and is about this host.
package doctor

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
	"unicode"
)

// A State is how bad it is.
type State string

// The three there are.
const (
	OK   State = "ok"
	Warn State = "warn"
	Fail State = "fail"
)

// A Finding is one line.
type Finding struct {
	Check string `json:"check"`
	State State  `json:"state"`
	Text  string `json:"text"`           // what is so
	Hint  string `json:"hint,omitempty"` // what to do about it, when it is not ok
}

// A Host is what is looked at. This is the one that there is.
type Host struct {
	Proc, Sys string // directories
	Env       func(name string) string
	Root      bool         // it runs as root
	UID       int          // whom it runs as
	CheckHost func() error // the collector's, of HOST_PROC and its like

	Listen  string // as --listen
	DataDir string // "" for history in memory
	KeyFile string // as --key-file, "" for none

	UsersFile, TLSKey string // as the flags, "" for none

	// What reads the files that others need to get in; nil where none is named.
	Key, Users func() error
	TLS        func() (until time.Time, err error)

	Bind  func(address string) error                       // opens and closes what --listen names
	Well  func() error                                     // nil where a fivewire answers there, and is well
	Space func(dir string) (free, total uint64, err error) // bytes of the filesystem that has dir
	Clock func() (synchronised bool, off time.Duration, err error)
	Ring  func() error // nil where io_uring may be used
}

// A check looks at one thing. Its name is the file's.
type check struct {
	name  string
	linux bool // of Linux's files: elsewhere there is nothing to look at
	look  func(*Host) Finding
}

// all are the checks, in the order of their importance: what keeps it from starting, what it cannot show, what it cannot
// bear.
func all() []check {
	return []check{
		{"address", false, address},
		{"data", false, data},
		{"key", false, key},
		{"users", false, users},
		{"tls", false, certificate},
		{"mounts", false, mounts},
		{"processes", true, processes},
		{"io", true, processIO},
		{"pressure", true, pressure},
		{"cgroup", true, cgroup},
		{"sensors", true, sensors},
		{"clock", true, clock},
		{"descriptors", true, descriptors},
		{"memory", true, memory},
		{"io_uring", true, ring},
		{"proxy", false, proxy},
	}
}

// Examine is every check's finding.
func Examine(h *Host) []Finding {
	var findings []Finding
	for _, c := range all() {
		if c.linux && runtime.GOOS != "linux" {
			continue
		}
		f := c.look(h)
		f.Check, f.Text, f.Hint = c.name, printable(f.Text), printable(f.Hint)
		findings = append(findings, f)
	}
	return findings
}

// printable is a text on a terminal, whatever files and variables of the host have put into it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

func ok(text string) Finding         { return Finding{State: OK, Text: text} }
func warn(text, hint string) Finding { return Finding{State: Warn, Text: text, Hint: hint} }
func fail(text, hint string) Finding { return Finding{State: Fail, Text: text, Hint: hint} }

// refused is a failure by what the dashboard says of it, with its own hint where it has one.
func refused(err error, otherwise string) Finding {
	text, hint, found := strings.Cut(err.Error(), " (hint: ")
	if !found {
		hint = otherwise
	}
	return fail(text, strings.TrimSuffix(hint, ")"))
}

// proc is a file of /proc, without the line's end.
func (h *Host) proc(elem ...string) (string, error) {
	return text(filepath.Join(h.Proc, filepath.Join(elem...)))
}

// sys likewise of /sys.
func (h *Host) sys(elem ...string) (string, error) {
	return text(filepath.Join(h.Sys, filepath.Join(elem...)))
}

func text(file string) (string, error) {
	b, err := os.ReadFile(file)
	return strings.TrimSpace(string(b)), err
}

// given are the variables that name another host's directories.
func (h *Host) given() []string {
	var names []string
	for _, name := range []string{"HOST_PROC", "HOST_SYS", "HOST_ETC", "HOST_ROOT"} {
		if h.Env(name) != "" {
			names = append(names, name)
		}
	}
	return names
}
