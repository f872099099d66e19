package collector

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A long command line is short in a snapshot, and up to 4096 bytes of it are there for one who asks.
func TestLongCommand(t *testing.T) {
	t.Parallel()
	const most = 4096
	for _, tt := range []struct {
		name, line, begins, ends string
		least                    int // bytes
	}{
		{"all of it", "a\x00" + strings.Repeat("b\x00", 2000) + "end\x00", "a b b b", " b end", 4000},
		{"the beginning", "a\x00--password=x\x00" + strings.Repeat("b\x00", 3000), "a --password=••• b b", " b b…", most - 3},
		{"of one that is longer than what is looked at", "a\x00" + strings.Repeat("b\x00", 30_000), "a b b", "…", most - 3},
		{"a secret that is cut", "a\x00--password\x00" + strings.Repeat("x", 30_000), "a --password…", "…", 0},
		{"in the middle of a letter", "a\x00" + strings.Repeat("ä", 3000) + "\x00", "a ääää", "ää…", most - 4},
	} {
		w := watchOf(t, aHost.with("proc/77/cmdline", tt.line))
		if brief := find(t, w.after(t, time.Second).Top, 77).Command; len(brief) > 120 || !strings.HasSuffix(brief, "…") {
			t.Errorf("%s: in a snapshot it is %q", tt.name, brief)
		}
		one, found, err := w.one(t.Context(), 77)
		got := one.Command
		if !found || err != nil || !strings.HasPrefix(got, tt.begins) || !strings.HasSuffix(got, tt.ends) || len(got) > most || len(got) < tt.least || !utf8.ValidString(got) {
			t.Errorf("%s: got %d bytes, %t, %v: %.200q", tt.name, len(got), found, err, got)
		}
		if find(t, w.all(t), 77) != one {
			t.Errorf("%s: it is another one in the table", tt.name)
		}
	}
}

// In the moment of its execution a program has no command line. It is asked for again on the next tick, not much later.
func TestExecuted(t *testing.T) {
	t.Parallel()
	w := watchOf(t, aHost.with("proc/77/stat", statLine("77 (new) R", 5, 5, 1, 1000, 0)).with("proc/77/cmdline", ""))
	if p := find(t, w.after(t, time.Second).Top, 77); p.Command != "" {
		t.Fatalf("got %+v", p)
	}
	w.change(t, tree{"proc/77/stat": statLine("77 (new) R", 6, 5, 1, 1000, 50), "proc/77/cmdline": "new 1\x00"})
	if p := find(t, w.after(t, time.Second).Top, 77); p.Command != "new 1" {
		t.Errorf("a tick later: got %+v", p)
	}
}

func TestOneProcess(t *testing.T) {
	w := watchOf(t, aHost.with("proc/77/cmdline", "a\x00b\x00").with("proc/77/cgroup", "0::/system.slice/a.service\n"))
	one := w.after(t, 0).One
	for _, pid := range []int32{0, -1, 5, 88, 99, 1<<31 - 1} { // 88 is torn, 99 is gone
		if p, found, err := one(t.Context(), pid); found || err != nil || p != (Process{}) {
			t.Errorf("%d: %+v, %t, %v", pid, p, found, err)
		}
	}
	p, found, err := one(t.Context(), 77)
	if !found || err != nil || p.Command != "a b" || p.Service != "a.service" || p.User != "ann" || p.Threads != 4 {
		t.Errorf("%+v, %t, %v", p, found, err)
	}
	w.after(t, time.Second)
	if w.tasks.all {
		t.Error("all are read for one")
	}
	w.change(t, tree{"proc/77/cmdline": "a\x00c\x00"})
	if p, _, _ := one(t.Context(), 77); p.Command != "a c" {
		t.Errorf("it is not read anew: %+v", p)
	}
	w.held <- struct{}{} // a read hangs
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := one(ended, 77); err == nil {
		t.Error("no error while a read hangs")
	}
	<-w.held
	w.asking <- struct{}{} // another asks
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if p, found, err := one(short, 77); !found || err != nil || p.Command != "a c" {
		t.Errorf("while another asks: %+v, %t, %v", p, found, err)
	}
	<-w.asking
	w.change(t, tree{"proc/77/stat": statLine("77 (other) R", 5, 5, 4, 9000, 5000)})
	if p, found, err := one(t.Context(), 77); found || err != nil {
		t.Errorf("another has its number: %+v, %v", p, err)
	}
	w.remove(t, "proc/77")
	if p, found, err := one(t.Context(), 77); found || err != nil {
		t.Errorf("it has ended: %+v, %v", p, err)
	}
}
