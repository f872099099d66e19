package collector

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	good := procStat{state: 'S', ticks: 11, threads: 3, started: 500, pages: 42}
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
			got.comm = nil
			if got.state != good.state || got.ticks != good.ticks || got.threads != good.threads || got.started != good.started || got.pages != good.pages {
				t.Errorf("got %+v, want %+v", got, good)
			}
			// Torn at any place it is nothing, or (behind what we take) the same.
			for n := range tt.line {
				if cut, ok := parseStat([]byte(tt.line[:n])); ok && (string(cut.comm) != tt.comm || cut.pages != good.pages) {
					t.Fatalf("%q is taken for %+v", tt.line[:n], cut)
				}
			}
		})
	}
	for _, bad := range []string{"", "7", "7 (a", "7 a)", ")(", "7 (a)S 1", "7 (a) ", strings.Replace(statLine("7 (a) S", 5, 6, 3, 500, 42), " 500 ", " -5 ", 1),
		strings.Replace(statLine("7 (a) S", 5, 6, 3, 500, 42), " 42 ", " 99999999999999999999 ", 1)} {
		if got, ok := parseStat([]byte(bad)); ok {
			t.Errorf("%q is taken for %+v", bad, got)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte(statLine("7 (a) R 1 (2 3) S", 5, 6, 3, 500, 42)), "a) (b", uint64(1), uint64(2))
	f.Add([]byte("7 (a) S 1 2"), "\n\xff", uint64(1<<63-1), uint64(0))
	f.Fuzz(func(t *testing.T, line []byte, comm string, started, pages uint64) {
		if s, ok := parseStat(line); ok {
			var p task
			s.putInto(&p)
			checkText(t, p.name)
			checkNumber(t, Known(p.cpu))
			if p.threads < 0 || int64(s.started) < 0 {
				t.Fatalf("%q gives %+v", line, p)
			}
		}
		started, pages = started>>1, pages>>1
		s, ok := parseStat([]byte(statLine("7 ("+comm+") D", 1, 2, 3, started, pages)))
		if !ok || string(s.comm) != comm || s.state != 'D' || s.ticks != 3 || s.started != started || s.pages != pages {
			t.Fatalf("%q: got %+v, %t", comm, s, ok)
		}
	})
}

func TestEffectiveUser(t *testing.T) {
	for _, tt := range []struct {
		status, want string
		ok           bool
	}{
		{"Name:\tx\nUid:\t0\t33\t0\t33\nGid:\t1\t1\t1\t1\n", "33", true},
		{"Uid:\t4294967294\t4294967294\t0\t0\n", "4294967294", true}, // nobody of a user namespace
		{"Name:\tUid:\t1\t1\t1\t1\n", "", false},
		{"Uid:\t0\t33", "", false},
		{"Uid:\ta\tb\tc\td\n", "b", false},
		{"", "", false},
	} {
		if got, ok := effectiveUser(tt.status); got != tt.want || ok != tt.ok {
			t.Errorf("%q: got %q, %t, want %q, %t", tt.status, got, ok, tt.want, tt.ok)
		}
	}
}

func TestParsePasswd(t *testing.T) {
	names := parsePasswd("root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n\n# a comment\n+::::::\nann:x:1000:1000:Ann\n\x1bm:x:7:7:::\nbob:x:8:8:Bob,,,:/:/bin/sh")
	want := map[string]string{"0": "root", "7": "\uFFFDm", "8": "bob"}
	if len(names) != len(want) {
		t.Errorf("got %q, want %q", names, want)
	}
	for uid, name := range want {
		if names[uid] != name {
			t.Errorf("%s: got %q, want %q", uid, names[uid], name)
		}
	}
}

func FuzzPasswd(f *testing.F) {
	f.Add("root:x:0:0:root:/root:/bin/sh\n", "Uid:\t0\t33\t0\t33\n")
	f.Fuzz(func(t *testing.T, file, status string) {
		for _, name := range parsePasswd(file) {
			checkText(t, name)
		}
		if uid, ok := effectiveUser(status); ok {
			checkText(t, uid)
		}
	})
}

func TestProcessSource(t *testing.T) {
	host := aHost.write(t)
	source := processSource(host)
	got := read(t, source).Processes
	if got.Total != 2 || len(got.Top) != 2 { // 88 is torn, 99 is gone
		t.Fatalf("got %+v", got)
	}
	a, init := got.Top[0], got.Top[1] // no rates yet: most memory first
	if a.PID != 77 || a.Name != "a) R (b c" || a.User != "ann" || a.State != "running" || a.Threads != 4 || a.Memory != 5000*uint64(os.Getpagesize()) {
		t.Errorf("got %+v", a)
	}
	if init.User != "root" || init.State != "sleeping" || a.Started-init.Started != 29900 {
		t.Errorf("got %+v and %+v", a, init)
	}

	later := aHost.with("proc/77/stat", statLine("77 (renamed) D", 5, 5, 4, 3000, 5000)).with("proc/1/stat", statLine("1 (init) S", 550, 150, 1, 10, 2000))
	time.Sleep(time.Millisecond)
	later.over(t, host)
	got = read(t, source).Processes
	if got.Top[0].PID != 1 || got.Top[1].Name != "renamed" || got.Top[1].State != "waiting" || got.Top[1].CPU != Known(0) {
		t.Errorf("got %+v", got)
	}
	if cpu, ok := got.Top[0].CPU.Get(); !ok || cpu <= 0 {
		t.Errorf("init uses %v", got.Top[0].CPU)
	}

	if _, err := processSource(tree{"proc/": ""}.write(t)).Read(t.Context()); err == nil || err.Error() != "read processes: none found" {
		t.Errorf("no process: %v", err)
	}
	if err := os.Rename(host.proc, host.proc+"-away"); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Read(t.Context()); err == nil {
		t.Error("without /proc there is no error")
	}
	if err := os.Rename(host.proc+"-away", host.proc); err != nil {
		t.Fatal(err)
	}
	got = read(t, source).Processes
	if got.Top[0].CPU != (Number{}) {
		t.Errorf("after a failure there is nothing to compare with, but %v", got.Top[0].CPU)
	}
}

func TestUserChanges(t *testing.T) {
	host := aHost.write(t)
	r := processReader{roots: host}
	if got := r.user(t.Context(), 77); got != "ann" {
		t.Errorf("got %q, want ann", got)
	}
	if err := os.WriteFile(host.ofEtc("passwd"), []byte("annabel:x:1000:1000::/:/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := r.user(t.Context(), 77); got != "annabel" {
		t.Errorf("after passwd has changed: got %q, want annabel", got)
	}
	if err := os.Remove(host.ofEtc("passwd")); err != nil {
		t.Fatal(err)
	}
	if got := r.user(t.Context(), 77); got != "annabel" {
		t.Errorf("without passwd: got %q, want what was known", got)
	}
	if got := (&processReader{roots: host}).user(t.Context(), 77); got != "1000" {
		t.Errorf("without passwd: got %q, want the number", got)
	}
	if got := r.user(t.Context(), 99); got != "" {
		t.Errorf("no such process: got %q", got)
	}
}

// A busy child that names itself is found, with its rate, by two real reads.
func TestRealProcess(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell: ", err)
	}
	cmd := exec.CommandContext(t.Context(), shell, "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	source := processSource(hostRoots())
	read(t, source)
	time.Sleep(200 * time.Millisecond)
	for _, p := range read(t, source).Processes.Top {
		if int(p.PID) != cmd.Process.Pid {
			continue
		}
		cpu, ok := p.CPU.Get()
		if !ok || cpu <= 0.05 || cpu > 1.2 {
			t.Errorf("cpu %v, want about 1", p.CPU)
		}
		if age := time.Since(time.UnixMilli(p.Started)); age < 0 || age > 30*time.Second {
			t.Errorf("started %s ago", age)
		}
		if p.Threads != 1 || p.Memory == 0 || p.User == "" {
			t.Errorf("got %+v", p)
		}
		return
	}
	t.Error("process " + strconv.Itoa(cmd.Process.Pid) + " is not listed")
}
