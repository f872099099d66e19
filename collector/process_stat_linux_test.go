package collector

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	good := procStat{state: 'S', parent: 1, ticks: 11, reaped: 11, threads: 3, started: 500, pages: 42}
	for _, tt := range []struct{ name, line, comm string }{
		{"plain", statLine("7 (bash) S", 5, 6, 3, 500, 42), "bash"},
		{"space", statLine("7 (tmux: server) S", 5, 6, 3, 500, 42), "tmux: server"},
		{"brackets", statLine("7 ((sd-pam)) S", 5, 6, 3, 500, 42), "(sd-pam)"},
		{"a state and numbers in the name", statLine("7 (a) R 1 (2 3) S", 5, 6, 3, 500, 42), "a) R 1 (2 3"},
		{"line end", statLine("7 (a\nb) S", 5, 6, 3, 500, 42), "a\nb"},
		{"quotes and invalid UTF-8", statLine("7 (\"\xff'`) S", 5, 6, 3, 500, 42), "\"\xff'`"},
		{"empty", statLine("7 () S", 5, 6, 3, 500, 42), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := parseStat([]byte(tt.line))
			if !ok || string(got.comm) != tt.comm {
				t.Fatalf("got %q, %t, want %q", got.comm, ok, tt.comm)
			}
			if !same(got, good) {
				t.Errorf("got %+v, want %+v", got, good)
			}
			// Torn at any place it is nothing, or (behind what we take) the same.
			for n := range tt.line {
				if cut, ok := parseStat([]byte(tt.line[:n])); ok && (string(cut.comm) != tt.comm || !same(cut, good)) {
					t.Fatalf("%q is taken for %+v", tt.line[:n], cut)
				}
			}
		})
	}
	line := statLine("7 (a) S", 5, 6, 3, 500, 42)
	for _, bad := range []string{"", "7", "7 (a", "7 a)", ")(", "7 (a)S 1", "7 (a) ", "7 (a)",
		strings.Replace(line, " 500 ", " -5 ", 1),
		strings.Replace(line, " 5 6 20 ", " -5 6 20 ", 1), strings.Replace(line, " 5 6 20 ", " 5 9999999999999999 20 ", 1),
		strings.Replace(line, " 42 ", " 99999999999999999999 ", 1),
		statLine("7 (a) S", 1<<63, 6, 3, 500, 42), statLine("7 (a) S", 5, 1<<60, 3, 500, 42),
		statLine("7 (a) S", 5, 6, 3, 1<<62, 42), statLine("7 (a) S", 5, 6, 3, mostStarted+1, 42), statLine("7 (a) S", 5, 6, 3, 500, 1<<60)} {
		if got, ok := parseStat([]byte(bad)); ok {
			t.Errorf("%q is taken for %+v", bad, got)
		}
	}
}

func same(a, b procStat) bool {
	return a.state == b.state && a.parent == b.parent && a.ticks == b.ticks && a.reaped == b.reaped && a.threads == b.threads && a.started == b.started && a.pages == b.pages
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte(statLine("7 (a) R 1 (2 3) S", 5, 6, 3, 500, 42)), "a) (b", uint64(1), uint64(2))
	f.Add([]byte("7 (a) S 1 2"), "\n\xff", uint64(1<<63-1), uint64(0))
	f.Fuzz(func(t *testing.T, line []byte, comm string, started, pages uint64) {
		if s, ok := parseStat(line); ok {
			got := s.sighting(time.UnixMilli(1767225600000))
			checkText(t, clean(string(s.comm)))
			checkNumber(t, Known(got.cpu))
			if got.children < 0 || got.spent < got.cpu+got.children {
				t.Fatalf("%q gives %+v", line, got)
			}
			if got.threads < 0 || got.parent < 0 || got.birth < 0 || got.started < 0 {
				t.Fatalf("%q gives %+v", line, got)
			}
		}
		started, pages = started>>26, pages>>20
		s, ok := parseStat([]byte(statLine("7 ("+comm+") D", 1, 2, 3, started, pages)))
		if !ok || string(s.comm) != comm || s.state != 'D' || s.ticks != 3 || s.started != started || s.pages != pages {
			t.Fatalf("%q: got %+v, %t", comm, s, ok)
		}
	})
}

func TestParseEffectiveUser(t *testing.T) {
	for _, tt := range []struct {
		status string
		want   uint32
		ok     bool
	}{
		{"Name:\tx\nUid:\t0\t33\t0\t33\nGid:\t1\t1\t1\t1\n", 33, true},
		{"Uid:\t4294967294\t4294967294\t0\t0\n", 4294967294, true}, // nobody of a user namespace
		{"Uid:\t0\t4294967296\t0\t0\n", 0, false},
		{"Name:\tUid:\t1\t1\t1\t1\n", 0, false},
		{"Uid:\t0\t33", 0, false},
		{"Uid:\ta\tb\tc\td\n", 0, false},
		{"", 0, false},
	} {
		if got, ok := parseEffectiveUser([]byte(tt.status)); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: got %d, %t, want %d, %t", tt.status, got, ok, tt.want, tt.ok)
		}
	}
}

func TestParseTraffic(t *testing.T) {
	for _, tt := range []struct {
		file          string
		read, written uint64
		ok            bool
	}{
		{ioFile(5, 6), 5, 6, true},
		{ioFile(1<<64-1, 0), 1<<64 - 1, 0, true},
		{"write_bytes: 1\nread_bytes: 2\n", 2, 1, true},
		{"read_bytes: 5\n", 0, 0, false},
		{"read_bytes: x\nwrite_bytes: 1\n", 0, 0, false},
		{"read_bytes: 1 2\nwrite_bytes: 1\n", 0, 0, false},
		{"cancelled_write_bytes: 1\n", 0, 0, false},
		{"", 0, 0, false},
	} {
		read, written, ok := parseTraffic([]byte(tt.file))
		if ok != tt.ok || ok && (read != tt.read || written != tt.written) {
			t.Errorf("%q: got %d, %d, %t", tt.file, read, written, ok)
		}
	}
}

func TestParseForks(t *testing.T) {
	for _, tt := range []struct {
		loadavg string
		want    uint64
		ok      bool
	}{
		{"0.50 1.25 2.00 3/400 1234\n", 1234, true},
		{"0.00 0.00 0.00 0/0 0\n", 0, false},
		{"1234\n", 0, false},
		{"0.50 1.25 2.00 3/400 \n", 0, false},
		{"", 0, false},
	} {
		if got, ok := parseLastPID([]byte(tt.loadavg)); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: got %d, %t", tt.loadavg, got, ok)
		}
	}
	for _, tt := range []struct {
		stat string
		want uint64
		ok   bool
	}{
		{"cpu 1\nbtime 5\nprocesses 77\nprocs_running 3\n", 77, true},
		{"cpu 1\nprocesses 77", 0, false},
		{"processes 77\n", 0, false},
		{"cpu 1\nprocesses x\n", 0, false},
		{"", 0, false},
	} {
		if got, ok := parseForks([]byte(tt.stat)); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: got %d, %t", tt.stat, got, ok)
		}
	}
}

func FuzzProcessFiles(f *testing.F) {
	f.Add([]byte(ioFile(1, 2)))
	f.Add([]byte("Uid:\t0\t33\t0\t33\n"))
	f.Add([]byte("0.50 1.25 2.00 3/400 1234\n"))
	f.Add([]byte("cpu 1\nprocesses 77\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		parseTraffic(b)
		parseForks(b)
		parseEffectiveUser(b)
		if pid, ok := parseLastPID(b); ok && pid == 0 {
			t.Fatal("PID 0")
		}
		for uid, name := range parsePasswd(string(b)) {
			checkText(t, name)
			_ = uid
		}
	})
}

func TestParsePasswd(t *testing.T) {
	names := parsePasswd("root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n\n# a comment\n+::::::\nann:x:1000:1000:Ann\n\x1bm:x:7:7:::\n" +
		"x:x:-1:7:::\nx:x:4294967296:7:::\nbob:x:8:8:Bob,,,:/:/bin/sh")
	want := map[uint32]string{0: "root", 7: "\uFFFDm", 8: "bob"}
	if len(names) != len(want) {
		t.Errorf("got %v, want %v", names, want)
	}
	for uid, name := range want {
		if names[uid] != name {
			t.Errorf("%d: got %q, want %q", uid, names[uid], name)
		}
	}
}

func TestUserNames(t *testing.T) {
	file := t.TempDir() + "/passwd"
	u := userNames{file: file}
	u.update(1)
	if got := u.name(5, 0, ""); got != "5" {
		t.Errorf("without a file: got %q", got)
	}
	if err := os.WriteFile(file, []byte("e:x:5:5:::\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	u.update(2)
	if got := u.name(5, 5, "5"); got != "5" {
		t.Errorf("it is not looked at so soon, but got %q", got)
	}
	u.update(1 + userReads)
	if got := u.name(5, 5, "5"); got != "e" {
		t.Errorf("got %q", got)
	}
	if got := u.name(6, 5, "e"); got != "6" {
		t.Errorf("got %q", got)
	}
}
