package collector

import (
	"math"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

const aPressure = "some avg10=0.42 avg60=1.00 avg300=100.00 total=2601821151\nfull avg10=0.05 avg60=0.00 avg300=0.00 total=7\n"

func TestPressureSource(t *testing.T) {
	host := tree{
		"proc/pressure/cpu":    aPressure,
		"proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
		"proc/pressure/io":     aPressure,
	}.write(t)
	reader := newPressureReader(host)
	now := time.Now()
	part, err := reader.read(now)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Stall{Some10: Known(0.0042), Some60: Known(0.01), Some300: Known(1), Full10: Known(0.0005), Full60: Known(0),
		Full300: Known(0), SomeSeconds: Known(2601.821151), FullSeconds: Known(0.000007)}); *part.pressure.CPU != want {
		t.Errorf("cpu %v, want %v", *part.pressure.CPU, want)
	}
	if want := (Stall{Some10: Known(0), Some60: Known(0), Some300: Known(0), SomeSeconds: Known(0)}); *part.pressure.Memory != want {
		t.Errorf("memory %v, want %v", *part.pressure.Memory, want)
	}
	if part.pressure.IRQ != nil {
		t.Errorf("irq %v", part.pressure.IRQ)
	}

	first := *part
	tree{"proc/pressure/cpu": strings.Replace(aPressure, "2601821151", "2602321151", 1), "proc/pressure/io": "torn"}.over(t, host)
	part, err = reader.read(now.Add(2 * time.Second))
	if part == nil || err == nil || isMissing(err) {
		t.Fatalf("a torn file: %v, %v", part, err)
	}
	if part.pressure.CPU.Some != Known(0.25) || part.pressure.CPU.Full != Known(0) || part.pressure.IO != nil || part.pressure.Memory.Some != Known(0) {
		t.Errorf("got %v", part)
	}
	if first.stalls != [4]Stall{*first.pressure.CPU, *first.pressure.Memory, *first.pressure.IO} {
		t.Errorf("the first part is now %v", first)
	}

	// What is measured next is measured from the last good reading.
	tree{"proc/pressure/io": strings.Replace(aPressure, "2601821151", "2603821151", 1), "proc/pressure/irq": "full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"}.over(t, host)
	part, err = reader.read(now.Add(4 * time.Second))
	if err != nil || part.pressure.IO.Some != Known(0.5) || part.pressure.IRQ != nil {
		t.Errorf("got %v, %v", part, err)
	}
	part, err = reader.read(now.Add(time.Minute)) // irq is looked for again
	if err != nil || *part.pressure.IRQ != (Stall{Full10: Known(0), Full60: Known(0), Full300: Known(0), FullSeconds: Known(0.000005)}) {
		t.Errorf("got %v, %v", part, err)
	}
}

func TestPressureOfOldKernels(t *testing.T) {
	part, err := pressureSource(tree{"proc/": ""}.write(t)).Read(t.Context())
	if part != nil || !isMissing(err) || !strings.Contains(err.Error(), "psi=1") {
		t.Errorf("without files: %v, %v", part, err)
	}
	f := maybeFile{absent: syscall.EOPNOTSUPP, until: time.Now().Add(time.Hour)}
	if _, there, _ := readPressure(&f, time.Now()); there {
		t.Error("there is pressure with psi=0")
	}
	torn := tree{"proc/pressure/cpu": "", "proc/pressure/memory": "x\n"}
	if part, err := pressureSource(torn.write(t)).Read(t.Context()); part != nil || err == nil || isMissing(err) {
		t.Errorf("torn: %v, %v", part, err)
	}
}

func TestStallBetween(t *testing.T) {
	before := stallCounters{some: 1_000_000, full: 500_000, hasSome: true, hasFull: true}
	for _, tt := range []struct {
		name       string
		after      stallCounters
		elapsed    time.Duration
		some, full Number
	}{
		{"steady", stallCounters{some: 1_500_000, full: 500_000, hasSome: true, hasFull: true}, 2 * time.Second, Known(0.25), Known(0)},
		{"more than went by", stallCounters{some: 9_000_000, full: 600_000, hasSome: true, hasFull: true}, 100 * time.Millisecond, Known(1), Known(1)},
		{"reset", stallCounters{some: 3, full: 500_001, hasSome: true, hasFull: true}, time.Second, Number{}, Known(0.000001)},
		{"no full", stallCounters{some: 1_000_000, hasSome: true}, time.Second, Known(0), Number{}},
		{"no time", stallCounters{some: 2_000_000, full: 2_000_000, hasSome: true, hasFull: true}, 0, Number{}, Number{}},
		{"absurd", stallCounters{some: math.MaxUint64, full: math.MaxUint64, hasSome: true, hasFull: true, avg: [6]float64{101, 1e300}}, 1, Known(1), Known(1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := stallBetween(before, tt.after, tt.elapsed)
			if got.Some != tt.some || got.Full != tt.full {
				t.Errorf("some %v, full %v, want %v, %v", got.Some, got.Full, tt.some, tt.full)
			}
			checkStall(t, got)
		})
	}
	if got := stallBetween(stallCounters{}, before, time.Second); got.Some != (Number{}) || got.Full != (Number{}) || got.SomeSeconds != Known(1) {
		t.Errorf("first reading: %v", got)
	}
}

// checkStall: no ratio is above 1.
func checkStall(t *testing.T, s Stall) {
	t.Helper()
	checkNumbers(t, s)
	for _, n := range []Number{s.Some, s.Some10, s.Some60, s.Some300, s.Full, s.Full10, s.Full60, s.Full300} {
		if v, _ := n.Get(); v > 1 {
			t.Errorf("got %+v", s)
		}
	}
}

func TestParsePressure(t *testing.T) {
	got, ok := parsePressure([]byte("more of=it\n" + aPressure))
	want := stallCounters{some: 2601821151, full: 7, hasSome: true, hasFull: true, avg: [6]float64{0.42, 1, 100, 0.05, 0, 0}}
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %t, want %v", got, ok, want)
	}
	for _, bad := range []string{
		"", "\n", "more of=it\n", "some\n", "some avg10=0.42 avg60=1.00 avg300=1.75\n",
		"some avg10=-1 avg60=1.00 avg300=1.75 total=1\n", "some avg10=nan avg60=1.00 avg300=1.75 total=1\n",
		"some avg60=1.00 avg10=0.42 avg300=1.75 total=1\n", "some avg10=1 avg60=1 avg300=1 total=\n",
		"full avg10=1 avg60=1 avg300=1 total=18446744073709551616\n",
	} {
		if got, ok := parsePressure([]byte(bad)); ok {
			t.Errorf("%q is taken for %v", bad, got)
		}
	}
	for n := range len(aPressure) {
		if got, ok := parsePressure([]byte(aPressure[:n])); ok && aPressure[n-1] != '\n' {
			t.Errorf("%q is taken for %v", aPressure[:n], got)
		}
	}
}

func TestPressureAllocations(t *testing.T) {
	host := tree{"proc/pressure/cpu": aPressure, "proc/pressure/memory": aPressure, "proc/pressure/io": aPressure}.write(t)
	holdToAllocations(t, pressureSource(host), 1)
}

func FuzzPressure(f *testing.F) {
	f.Add([]byte(aPressure), []byte(strings.ReplaceAll(aPressure, "0", "1")))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		before, _ := parsePressure(first)
		after, ok := parsePressure(second)
		if ok {
			checkStall(t, stallBetween(before, after, time.Microsecond))
		}
	})
}

func BenchmarkPressure(b *testing.B) { benchmarkReads(b, pressureSource(hostRoots())) }
