package collector

import (
	"bytes"
	"strconv"
)

// A Kill is a process that the kernel has killed for want of memory, as its log names it.
type Kill struct {
	PID    int32  // the host's
	Name   string // its command's, of 15 bytes at most
	Memory uint64 // bytes that were resident
}

// parseKill reads a record of the kernel's log (Documentation/ABI/testing/dev-kmsg):
//
//	3,1234,5090373481,-;Memory cgroup out of memory: Killed process 14598 (python3) total-vm:221368kB, anon-rss:55552kB, …
//
// as __oom_kill_process in mm/oom_kill.c writes it. Whatever else is in the log is none, and so are records that come from
// programs: those have a facility, eight times which is in the number before the first comma.
func parseKill(record []byte) (k Kill, ok bool) {
	head, text, _ := bytes.Cut(record, []byte(";"))
	text, _, _ = bytes.Cut(text, []byte("\n")) // what follows are fields of a device
	level, _, _ := bytes.Cut(head, []byte(","))
	if n, ok := parseUint(level); !ok || n >= 8 {
		return Kill{}, false
	}
	_, text, ok = bytes.Cut(text, []byte("Killed process "))
	if !ok {
		return Kill{}, false
	}
	number, text, ok := bytes.Cut(text, []byte(" ("))
	end := bytes.LastIndex(text, []byte(") total-vm:")) // a name may have parentheses, and is before the last
	pid, isNumber := parseUint(number)
	if !ok || !isNumber || pid == 0 || pid >= 1<<31 || end < 0 {
		return Kill{}, false
	}
	k = Kill{PID: int32(pid), Name: clean(unescaped(text[:end]))}
	for _, of := range []string{"anon-rss:", "file-rss:", "shmem-rss:"} {
		_, rest, _ := bytes.Cut(text[end:], []byte(of))
		size, _, _ := bytes.Cut(rest, []byte("kB"))
		if kib, ok := parseUint(size); ok && kib < 1<<50 {
			k.Memory += kib << 10
		}
	}
	return k, true
}

// unescaped is a text of the log with its \xHH read.
func unescaped(text []byte) string {
	if !bytes.Contains(text, []byte(`\x`)) {
		return string(text)
	}
	var b []byte
	for len(text) > 0 {
		if len(text) >= 4 && text[0] == '\\' && text[1] == 'x' {
			if n, err := strconv.ParseUint(string(text[2:4]), 16, 8); err == nil {
				b, text = append(b, byte(n)), text[4:]
				continue
			}
		}
		b, text = append(b, text[0]), text[1:]
	}
	return string(b)
}
