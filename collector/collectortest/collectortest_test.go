package collectortest

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivewire/fivewire/collector"
)

var update = flag.Bool("update", false, "write the golden files")

func TestGolden(t *testing.T) {
	var got bytes.Buffer
	for _, n := range []int{0, 1, 42} {
		b, err := json.MarshalIndent(Snapshot(n), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%s\n", b)
	}
	const file = "testdata/snapshot.golden"
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the JSON of a snapshot has changed; if it was meant to: go test ./collector/collectortest -update")
	}
}

func TestSnapshot(t *testing.T) {
	for n := range 200 {
		s := Snapshot(n)
		if !reflect.DeepEqual(s, Snapshot(n)) {
			t.Fatalf("snapshot %d differs from itself", n)
		}
		if !s.At.Equal(Start().Add(time.Duration(n) * time.Second)) {
			t.Errorf("snapshot %d is at %s", n, s.At)
		}
		if len(s.CPU.Cores) != 4 || len(s.Disks) != 3 || len(s.Filesystems) != 4 || len(s.Networks) != 3 || len(s.Processes.Top) != 20 {
			t.Errorf("snapshot %d lacks something", n)
		}
		for _, c := range append([]collector.Core{{CPUTimes: s.CPU.CPUTimes}}, s.CPU.Cores...) {
			sum := 0.0
			for _, part := range []collector.Number{c.User, c.Nice, c.System, c.Idle, c.IOWait, c.IRQ, c.SoftIRQ, c.Steal} {
				v, ok := part.Get()
				if !ok {
					t.Fatalf("snapshot %d: %v", n, c)
				}
				sum += v
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Errorf("snapshot %d: %s sums to %g", n, c.Name, sum)
			}
		}
		last := math.Inf(1)
		for _, p := range s.Processes.Top {
			if cpu, _ := p.CPU.Get(); cpu > last {
				t.Errorf("snapshot %d: processes are out of order", n)
			} else {
				last = cpu
			}
		}
	}
}

func TestSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5500*time.Millisecond)
		defer cancel()
		c := collector.Collector{Logger: slog.New(slog.DiscardHandler), Sources: Sources(Script{
			"memory": {Answer, Answer, Fail},
			"disks":  {Answer, Answer, Answer, Panic},
			"load":   {Answer, Answer, Answer, Answer, Hang},
		})}
		var states []string
		n := 0
		if err := c.Run(ctx, func(s collector.Snapshot) {
			n++
			want := Snapshot(n)
			if !reflect.DeepEqual(s.CPU, want.CPU) || !reflect.DeepEqual(s.Host, want.Host) || s.Uptime != want.Uptime ||
				!reflect.DeepEqual(s.Networks, want.Networks) || !reflect.DeepEqual(s.Processes, want.Processes) {
				t.Errorf("snapshot %d is not number %d", n, n)
			}
			var marks []string
			for _, state := range s.Sources {
				marks = append(marks, state.Name+": "+state.Error)
			}
			states = append(states, strings.Join(marks, ", "))
		}); err != nil {
			t.Fatal(err)
		}
		want := []string{"", "memory: read memory: told to fail", "disks: panic: told to panic",
			"load: no answer for 750ms", "load: no answer for 1s", "load: no answer for 2s"}
		if !reflect.DeepEqual(states, want) {
			t.Errorf("got %q, want %q", states, want)
		}
	})
}

// A script names sources as the collector does.
func TestSourceNames(t *testing.T) {
	var made []string
	for _, s := range Sources(nil) {
		made = append(made, s.Name)
	}
	for _, s := range collector.DefaultSources() {
		if !slices.Contains(made, s.Name) {
			t.Errorf("there is no made-up source %q", s.Name)
		}
	}
}

func TestSourcesRefuse(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a script for a source that is not there is taken")
		}
	}()
	Sources(Script{"cpus": {Fail}})
}
