package collector_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
)

// TestEncoder: nobody can tell the two apart.
func TestEncoder(t *testing.T) {
	encoder := collector.NewEncoder()
	snapshots := []collector.Snapshot{{}, {Sources: []collector.SourceState{{Name: "disks", Error: "a \x00\x1f\x7f <&> \u2028\u2029 \" \\ / \xff \n\r\t\b\f ü 数", Partial: true}}},
		{Sockets: &collector.Sockets{FullListeners: []collector.Listener{{Address: "::", Port: 8080, Queue: 129, Limit: 128}}},
			Sensors: []collector.Sensor{{Value: collector.Signed(-12.5)}}},
		{Processes: &collector.Processes{Top: []collector.Process{{ChildrenCPU: collector.Known(0.5)}, {ChildrenCPU: collector.Known(0)}, {}}}},
		{Processes: &collector.Processes{}, CPU: &collector.CPU{Cores: []collector.Core{}}, Load: &collector.Load{One: 1e21, Five: 1e-7, Fifteen: 3}}}
	for n := range 100 {
		snapshots = append(snapshots, collectortest.Snapshot(n))
	}
	var b []byte
	for i := range snapshots {
		want, err := json.Marshal(snapshots[i])
		if err != nil {
			t.Fatal(err)
		}
		if b = encoder.Append(b[:0], &snapshots[i]); !bytes.Equal(b, want) {
			t.Fatalf("got\n%s\nwant\n%s", b, want)
		}
	}
	s := collectortest.Snapshot(1)
	if n := testing.AllocsPerRun(100, func() { b = encoder.Append(b[:0], &s) }); n > 0 {
		t.Errorf("%g allocations for one snapshot", n)
	}
	s.Load.One = math.NaN()
	if b = encoder.Append(b[:0], &s); !json.Valid(b) {
		t.Errorf("with NaN: %s", b)
	}
}

// TestEncoderShares: snapshots share parts, and some of one that are other ones all the same.
func TestEncoderShares(t *testing.T) {
	encoder := collector.NewEncoder()
	first := collectortest.Snapshot(1)
	shared := first
	other := first
	other.Load = &collector.Load{One: first.Load.One + 1}
	other.Disks = first.Disks[:1]
	other.Users = nil
	other.Networks = collectortest.Snapshot(2).Networks
	for i, s := range []collector.Snapshot{first, shared, other, other, first} {
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := encoder.Append(nil, &s); !bytes.Equal(got, want) {
			t.Fatalf("snapshot %d: got\n%s\nwant\n%s", i, got, want)
		}
	}
}

// FuzzNumberJSON: what is written is the number, to six decimals below a hundredth, four below 100 and one above.
func FuzzNumberJSON(f *testing.F) {
	for _, v := range []float64{0, 0.00004, 0.00005, 0.99995, 99.99994, 99.99996, 100, 100.05, 1e15 - 1, 1e15, 1e300, 5e-324} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v float64) {
		n := collector.Known(v)
		b, err := n.MarshalJSON()
		if err != nil || !json.Valid(b) {
			t.Fatalf("%g is %q, %v", v, b, err)
		}
		known, ok := n.Get()
		if !ok {
			return
		}
		got, err := strconv.ParseFloat(string(b), 64)
		step := 0.5e-4
		if known < 0.01 {
			step = 0.5e-6
		}
		if known >= 100 {
			step = 0.05
		}
		if err != nil || math.Abs(got-known) > step+known*1e-15 {
			t.Fatalf("%g is written as %s", known, b)
		}
	})
}

func BenchmarkEncoder(b *testing.B) {
	encoder, s := collector.NewEncoder(), collectortest.Snapshot(1)
	var text []byte
	b.ReportAllocs()
	for b.Loop() {
		text = encoder.Append(text[:0], &s)
	}
	b.SetBytes(int64(len(text)))
}

func BenchmarkMarshal(b *testing.B) {
	s := collectortest.Snapshot(1)
	b.ReportAllocs()
	for b.Loop() {
		text, _ := json.Marshal(s)
		b.SetBytes(int64(len(text)))
	}
}
