package collector

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

const twoGPUs = "GPU-1b2c, NVIDIA GeForce RTX 4090, 37, 1024, 24564, 61, 215.37, 450.00, 45\n" +
	"GPU-9f8e, Tesla T4, [N/A], 512, 15360, [Not Supported], [Unknown Error], 70.00, [N/A]\n"

func TestParseSMI(t *testing.T) {
	got := parseSMI([]byte("Warning: persistence mode is off\n" + twoGPUs + "MIG-1, part, 1, 2, 3, 4, 5, 6, 7\n\nGPU-3, too few, 1\n"))
	want := []GPU{
		{ID: "GPU-1b2c", Name: "NVIDIA GeForce RTX 4090", Busy: Known(0.37), MemoryUsed: Known(1 << 30), MemoryTotal: Known(24564 << 20),
			Temperature: Known(61), Power: Known(215.37), PowerLimit: Known(450), Fan: Known(0.45)},
		{ID: "GPU-9f8e", Name: "Tesla T4", MemoryUsed: Known(512 << 20), MemoryTotal: Known(15360 << 20), PowerLimit: Known(70)},
	}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestParseSMILine(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       GPU
	}{
		{"units", "GPU-1, A, 37 %, 1 MiB, 2 MiB, 61 C, 5.5 W, 6 W, 45 %\r", GPU{Busy: Known(0.37), MemoryUsed: Known(1 << 20), MemoryTotal: Known(2 << 20),
			Temperature: Known(61), Power: Known(5.5), PowerLimit: Known(6), Fan: Known(0.45)}},
		{"absurd", "GPU-1, A, 900, 1e300, -1, 300, nan, 99999, inf", GPU{Busy: Known(1)}},
		{"errors", "GPU-1, A, ERR!, [GPU requires reset], N/A, , [N/A], x, [N/A]", GPU{}},
	} {
		tt.want.ID, tt.want.Name = "GPU-1", "A"
		if got, ok := parseSMILine(tt.line); !ok || got != tt.want {
			t.Errorf("%s: got %+v, %t", tt.name, got, ok)
		}
	}
	if g, _ := parseSMILine("GPU-1\x1b[2J, a\u202eb, 1, 2, 3, 4, 5, 6, 7"); g.Name != "a�b" || g.ID != "GPU-1�[2J" {
		t.Errorf("got %q, %q", g.ID, g.Name)
	}
}

func FuzzSMI(f *testing.F) {
	f.Add([]byte(twoGPUs))
	f.Add([]byte("GPU-,,,,,,,,\nGPU-1, a, 1e-400, 0x1p10, 1_0, +5, -0, 1e400, \xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		gpus := parseSMI(b)
		if len(gpus) > mostGPUs {
			t.Fatalf("%d GPUs", len(gpus))
		}
		for _, g := range gpus {
			checkText(t, g.ID)
			checkText(t, g.Name)
			for _, n := range []Number{g.Busy, g.MemoryUsed, g.MemoryTotal, g.Temperature, g.Power, g.PowerLimit, g.Fan} {
				checkNumber(t, n)
			}
			if g.Busy.value > 1 || g.Fan.value > 1 {
				t.Fatalf("%+v", g)
			}
		}
		checkText(t, firstWords(b))
	})
}

// program writes a shell script that is found as nvidia-smi, and returns its directory.
func program(t *testing.T, script string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the host is a Linux one")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	// Written under another name first: a child of a test beside this one may hold it open for writing, and then it is busy.
	path := filepath.Join(dir, "script")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, filepath.Join(dir, smiProgram)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// answered reads until the run under way has ended.
func answered(t *testing.T, n *smi) ([]GPU, error) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		gpus, err := n.gpus(t.Context(), time.Now())
		if n.started.IsZero() {
			return gpus, err
		}
		if time.Now().After(limit) {
			t.Fatal("no answer")
		}
	}
}

func TestSMI(t *testing.T) {
	t.Setenv("SECRET", "x")
	dir := program(t, `[ "$*" = "--query-gpu=uuid,name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw,power.limit,fan.speed --format=csv,noheader,nounits" ] || exit 1
[ -z "$SECRET" ] || exit 2
printf '`+strings.ReplaceAll(twoGPUs, "\n", `\n`)+`'`)
	n := &smi{dirs: []string{"/nowhere", dir}}
	start := time.Now()
	gpus, err := n.gpus(t.Context(), start)
	if gpus != nil || err != nil {
		t.Fatalf("at once %v, %v", gpus, err)
	}
	gpus, err = answered(t, n)
	if len(gpus) != 2 || err != nil {
		t.Fatalf("got %v, %v", gpus, err)
	}
	if n.next.Before(start.Add(smiEvery)) {
		t.Error("runs again too early")
	}
	again, err := n.gpus(t.Context(), time.Now())
	if len(again) != 2 || err != nil || !n.started.IsZero() {
		t.Errorf("got %v, %v", again, err)
	}
}

func TestSMIFails(t *testing.T) {
	if testing.Short() {
		t.Skip("starts other programs")
	}
	n := &smi{dirs: []string{program(t, "echo NVIDIA-SMI has failed\nexit 9")}}
	for _, wait := range []time.Duration{smiEvery, 2 * smiEvery, 4 * smiEvery} {
		n.next = time.Time{}
		_, err := answered(t, n)
		if err == nil || err.Error() != "nvidia-smi: exit status 9: NVIDIA-SMI has failed" {
			t.Fatalf("error %v", err)
		}
		if until := time.Until(n.next); until > wait || until < wait-5*time.Second {
			t.Errorf("again in %s, want %s", until, wait)
		}
	}
	n.failures = 1000
	n.next = time.Time{}
	answered(t, n)
	if until := time.Until(n.next); until > smiSeldom || until < smiSeldom/2 {
		t.Errorf("again in %s", until)
	}
}

func TestRunSMI(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts other programs")
	}
	for _, tt := range []struct{ name, script, want string }{
		{"garbage", "echo garbage, 1, 2", "nvidia-smi: garbage, 1, 2"},
		{"hangs", "sleep 60", "nvidia-smi: no answer for 300ms"},
		{"hangs in a child that ignores signals", "trap '' TERM INT PIPE\n(trap '' TERM INT PIPE; sleep 60) &\nsleep 60", "nvidia-smi: no answer for 300ms"},
		{"endless", "while :; do echo 'GPU-1, A, 1, 2, 3, 4, 5, 6, 7'; done", "nvidia-smi: too much output"},
		{"endless and deaf", "trap '' PIPE\nwhile :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy 2>/dev/null; done", "nvidia-smi: too much output"},
		{"nothing", "exit 0", ""},
		{"dies", "kill -9 $$", "nvidia-smi: signal: killed: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			timeout := 300 * time.Millisecond
			if !strings.Contains(tt.want, "no answer") {
				timeout = 30 * time.Second
			}
			start := time.Now()
			gpus, err := runSMI(t.Context(), filepath.Join(program(t, tt.script), smiProgram), timeout)
			if len(gpus) > 0 || fmt.Sprint(err) != tt.want && !(err == nil && tt.want == "") {
				t.Errorf("got %v, %v", gpus, err)
			}
			if time.Since(start) > 25*time.Second {
				t.Errorf("took %s", time.Since(start))
			}
		})
	}
}

// Nobody that the program started is left, and it is not run at our own priority.
func TestSMIGroup(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts other programs")
	}
	dir := program(t, "sleep 60 &\necho $! > child\nsleep 60")
	ctx, cancel := context.WithCancel(t.Context())
	var b []byte // what it has written when it is ended
	go func() {
		defer cancel()
		for limit := time.Now().Add(time.Minute); !bytes.HasSuffix(b, []byte("\n")) && time.Now().Before(limit); time.Sleep(time.Millisecond) {
			b, _ = os.ReadFile(filepath.Join(dir, "child"))
		}
	}()
	_, err := runSMI(ctx, filepath.Join(dir, smiProgram), time.Hour)
	if err == nil {
		t.Fatal("no error")
	}
	<-ctx.Done()
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("the child is still there: %s", stat)
		}
	}
}

// When the collector ends, so does the program.
func TestSMIEndsWithRun(t *testing.T) {
	n := &smi{dirs: []string{program(t, "sleep 60")}}
	ctx, cancel := context.WithCancel(t.Context())
	n.gpus(ctx, time.Now())
	cancel()
	select {
	case a := <-n.answer:
		if a.err == nil {
			t.Error("no error")
		}
	case <-time.After(time.Minute):
		t.Error("it goes on")
	}
}

// One that cannot even be killed is never started twice.
func TestSMIStuck(t *testing.T) {
	n := &smi{dirs: []string{program(t, "exit 0")}, last: []GPU{{ID: "GPU-1"}}}
	now := time.Now()
	n.path, n.looked, n.started, n.answer = "x", now, now.Add(-time.Minute), make(chan smiAnswer, 1)
	gpus, err := n.gpus(t.Context(), now)
	if len(gpus) != 1 || err == nil || err.Error() != "nvidia-smi: no answer for 1m0s" {
		t.Errorf("got %v, %v", gpus, err)
	}
	n.answer <- smiAnswer{gpus: []GPU{{ID: "GPU-2"}}}
	if gpus, err := n.gpus(t.Context(), now); len(gpus) != 1 || gpus[0].ID != "GPU-2" || err != nil {
		t.Errorf("got %v, %v", gpus, err)
	}
}

func TestSMIAsleep(t *testing.T) {
	n := &smi{dirs: []string{program(t, "echo no >&2; exit 1")}, asleep: func() bool { return true },
		last: []GPU{{ID: "GPU-1", Name: "A", Busy: Known(1), MemoryTotal: Known(5)}}}
	gpus, err := n.gpus(t.Context(), time.Now())
	if err != nil || len(gpus) != 1 || gpus[0] != (GPU{ID: "GPU-1", Name: "A", MemoryTotal: Known(5)}) || !n.started.IsZero() {
		t.Errorf("got %v, %v", gpus, err)
	}
}

func TestFindSMI(t *testing.T) {
	dir := program(t, "")
	path := filepath.Join(dir, smiProgram)
	if got := findSMI([]string{"/nowhere", dir}); got != path {
		t.Errorf("got %q", got)
	}
	if err := os.Chmod(path, 0o777); err != nil { // anybody may write to it
		t.Fatal(err)
	}
	if got := findSMI([]string{dir}); got != "" {
		t.Errorf("got %q", got)
	}
	n := &smi{dirs: []string{dir}}
	if gpus, err := n.gpus(t.Context(), time.Now()); gpus != nil || err != nil || n.path != "" {
		t.Errorf("got %v, %v, %q", gpus, err, n.path)
	}
}
