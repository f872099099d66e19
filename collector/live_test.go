package collector

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// Two collectors in one process read this very machine.
func TestLive(t *testing.T) {
	t.Parallel()
	var wait sync.WaitGroup
	defer wait.Wait()
	for range 2 {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			c := Collector{Interval: 100 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
			n := 0
			if err := c.Run(ctx, func(s Snapshot) {
				n++
				checkNumbers(t, s)
				if b, err := json.Marshal(s); err != nil || len(b) < 500 {
					t.Errorf("%d bytes of JSON, %v", len(b), err)
				}
				// A slow source is not waited for, and not marked before its time.
				if n >= 3 && (s.Processes != nil || n == 40) {
					checkLive(t, s)
					cancel()
				}
			}); err != nil {
				t.Error(err)
			}
			if n < 3 {
				t.Errorf("%d snapshots in 20 s, want 3", n)
			}
		})
	}
}

// checkLive: each part is there, or its source is marked.
func checkLive(t *testing.T, s Snapshot) {
	t.Helper()
	marked := make(map[string]bool)
	for _, state := range s.Sources {
		marked[state.Name] = true
		t.Logf("%s: %s", state.Name, state.Error)
		if runtime.GOOS == "linux" && !state.Missing && !strings.HasPrefix(state.Error, "no answer") && !strings.HasPrefix(state.Error, "filesystem ") {
			t.Errorf("%s fails on Linux: %s", state.Name, state.Error)
		}
	}
	_, uptime := s.Uptime.Get()
	for name, there := range map[string]bool{
		"cpu":       s.CPU != nil && len(s.CPU.Cores) > 0,
		"load":      s.Load != nil,
		"memory":    s.Memory != nil && s.Memory.Total > s.Memory.Used && s.Memory.Used > 0,
		"networks":  s.Networks != nil,
		"processes": s.Processes != nil && len(s.Processes.Top) > 0 && s.Processes.Total >= len(s.Processes.Top),
		"host":      s.Host != nil && s.Host.Hostname != "" && s.Host.Platform != "",
		"uptime":    uptime,
		"self":      s.Self != nil && s.Self.Memory > 0,
	} {
		if !there && !marked[name] {
			t.Errorf("%s is missing and not marked", name)
		}
	}
	if s.Swap == nil && !marked["swap"] && !marked["memory"] {
		t.Error("swap is missing and not marked")
	}
}

// Every file under /proc may be read while it is being written, or come out short. Whatever the sources make of that,
// between two good reads, it is an error or finite numbers, and not the end of the process.
func TestTornFiles(t *testing.T) {
	t.Parallel()
	for name, content := range aHost {
		if !strings.HasPrefix(name, "proc/") || strings.HasSuffix(name, "/") {
			continue
		}
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			r := aHost.write(t)
			path := r.ofProc(strings.TrimPrefix(name, "proc/"))
			sources := []Source{cpuSource(r, new(busyTime)), loadSource(r), memorySource(r), diskSource(r), filesystemSource(r), networkSource(r), processSource(r, new(busyTime)), hostSource(r)}
			step := max(len(content)/6, 1)
			if testing.Short() {
				step *= 4
			}
			for n := 0; n < len(content); n += step {
				for _, torn := range []string{
					content,
					content[:n],
					content[n:],
					content[:n] + "-" + content[n+1:],
					content[:n] + " nan inf -1 " + content[n:],
				} {
					if err := os.WriteFile(path, []byte(torn), 0o644); err != nil {
						t.Fatal(err)
					}
					readAll(t, sources, torn == content)
				}
			}
		})
	}
}

func readAll(t *testing.T, sources []Source, whole bool) {
	t.Helper()
	for _, s := range sources {
		part, err := safeRead(t.Context(), s)
		if part == nil && err == nil || whole && err != nil {
			t.Fatalf("%s: part %v, error %v", s.Name, part, err)
		}
		var snapshot Snapshot
		if part != nil {
			part.AddTo(&snapshot)
		}
		checkNumbers(t, snapshot)
		if _, err := json.Marshal(snapshot); err != nil {
			t.Fatal(err)
		}
	}
}
