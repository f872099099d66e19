package collector

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
	"time"
)

// Nothing is made anew as long as the text stays.
func TestVerdictAllocs(t *testing.T) {
	for name, s := range map[string]Snapshot{"quiet": quiet(), "busy": burning()} {
		tr := newTrial(t)
		tr.run(s, 20, 1)
		s.Interval = Known(1e-4)
		s.At = tr.now
		if n := testing.AllocsPerRun(1000, func() {
			s.At = s.At.Add(time.Nanosecond)
			tr.judge.verdict(&s)
		}); n > 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
		s.Interval = Known(1)
		if n := testing.AllocsPerRun(1000, func() {
			s.At = s.At.Add(time.Second)
			tr.judge.verdict(&s)
		}); n > 12 { // two of the sentence, the others of its parts
			t.Errorf("%s: %g allocations a second", name, n)
		}
	}
}

// TestRecorded: what a machine with two processors, of which the hypervisor kept some time back, showed under load.
func TestRecorded(t *testing.T) {
	for _, tt := range []struct {
		file   string
		saw    map[string]string // by resource, what its sentences are like
		before int               // so many seconds nothing is told of
	}{
		{"cpu", map[string]string{"cpu": `^CPU (saturated|withheld) for \d+ s( until \d+ s ago)?( \(\d+ % of 2 cores\))?: (burner, \d processes, used? [\d.]+ cores?|the hypervisor (keeps|kept) \d+ % of 2 cores)$`}, 7},
		{"io", map[string]string{"io": `^I/O-bound for \d+ s( until \d+ s ago)?: (writer \(pid \d+\), )?\d+ % full pressure(, vda \d+ % busy)?$`}, 8},
		{"contended", map[string]string{"cpu": `^CPU withheld `}, 7},          // the same, while the neighbours took the processors
		{"memory", map[string]string{"cpu": `^CPU (saturated|withheld) `}, 0}, // one grows to 1 GiB of 24: that is no shortage; but somebody else was there before
	} {
		t.Run(tt.file, func(t *testing.T) {
			snapshots := recorded(t, tt.file)
			tr, other := newTrial(t), newTrial(t)
			seen := make(map[string]bool)
			changes, before := 0, "healthy"
			for i, s := range snapshots {
				interval, _ := s.Interval.Get()
				v := tr.next(s, interval)
				if w := other.next(s, interval); !reflect.DeepEqual(w, v) {
					t.Fatalf("another judge says %+v, this one %+v", w, v)
				}
				t.Log(i, *v)
				if what := v.State + v.Resource; what != before {
					changes, before = changes+1, what
				}
				if v.State == stateHealthy || v.State == stateUnknown {
					continue
				}
				seen[v.Resource] = true
				if i < tt.before || !regexp.MustCompile(tt.saw[v.Resource]).MatchString(v.Text) || tt.saw[v.Resource] == "" {
					t.Errorf("after %d s %+v", i, v)
				}
			}
			for resource := range tt.saw {
				if !seen[resource] {
					t.Errorf("nothing about %s", resource)
				}
			}
			if changes > 5 {
				t.Errorf("%d changes", changes)
			}
		})
	}
}

// recorded is a file of snapshots, one a second.
func recorded(t *testing.T, file string) (snapshots []Snapshot) {
	b, err := os.ReadFile(filepath.Join("testdata", "verdict", file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &snapshots); err != nil {
		t.Fatal(err)
	}
	return snapshots
}

// FuzzVerdict: whatever the numbers are, there is a sentence.
func FuzzVerdict(f *testing.F) {
	f.Add(uint64(1), uint64(2), 50)
	f.Add(uint64(7), uint64(1<<63), 200)
	f.Fuzz(func(t *testing.T, a, b uint64, n int) {
		random := rand.New(rand.NewPCG(a, b))
		number := func() Number {
			if random.IntN(4) == 0 {
				return Number{}
			}
			return Known(math.Pow(10, random.Float64()*30-8))
		}
		tr := newTrial(t)
		for range min(max(n, 0), 100) {
			s := quiet()
			for _, p := range []*Number{&s.CPU.Busy, &s.CPU.IOWait, &s.CPU.Steal, &s.Pressure.CPU.Some, &s.Pressure.IO.Full, &s.Pressure.Memory.Full,
				&s.Paging.SwapIn, &s.Paging.SwapOut, &s.Paging.OOMKills, &s.Disks[0].Busy, &s.Disks[0].WriteTime, &s.Sockets.Retransmits, &s.Sockets.SegmentsOut,
				&s.Sockets.ListenOverflows, &s.Sockets.UDPDrops, &s.Sockets.Conntrack, &s.Sensors[0].Value, &s.Sensors[0].Critical, &s.Container.WorkingSet, &s.Container.MemoryLimit, &s.Container.MemoryPressed,
				&s.Container.Throttled, &s.Container.OOMKills, &s.Networks[0].ReceiveDrops, &s.Filesystems[0].UsedRatio, &s.Processes.Top[0].CPU} {
				if random.IntN(2) == 0 {
					*p = number()
				}
			}
			s.Memory.Available, s.Memory.Total = random.Uint64(), random.Uint64()
			s.Filesystems[0].InodesUsed, s.Filesystems[0].ReadOnly = random.Uint64(), random.IntN(3) == 0
			for _, drop := range []func(){func() { s.CPU = nil }, func() { s.Memory = nil }, func() { s.Pressure = nil }, func() { s.Sockets = nil },
				func() { s.Paging = nil }, func() { s.Processes = nil }, func() { s.Container = nil }, func() { s.Filesystems = nil }, func() { s.Handles = nil },
				func() { s.Sensors = nil }, func() { s.Disks = nil }, func() { s.Networks = nil }, func() { s.Pressure = &Pressure{} }} {
				if random.IntN(8) == 0 {
					drop()
				}
			}
			if random.IntN(5) == 0 {
				s.Sources = []SourceState{{Name: "cpu", Age: number()}}
			}
			tr.next(s, []float64{0, 0.1, 1, 10, 60, 1e9}[random.IntN(6)]+1e-3)
		}
	})
}

func BenchmarkVerdict(b *testing.B) {
	for name, s := range map[string]Snapshot{"quiet": quiet(), "busy": burning()} {
		b.Run(name, func(b *testing.B) {
			var j judge
			s.Interval = Known(1)
			b.ReportAllocs()
			for b.Loop() {
				s.At = s.At.Add(time.Second)
				j.verdict(&s)
			}
		})
	}
}
