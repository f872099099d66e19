package collector

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestMemorySource(t *testing.T) {
	const kB = 1024
	got := read(t, memorySource(aHost.write(t)))
	kernel := got.Memory.Kernel
	got.Memory.Kernel = Table{}
	if want := (Memory{Total: 1000 * kB, Available: 600 * kB, Used: 400 * kB, Free: 200 * kB, Buffers: 50 * kB,
		Cached: 370 * kB, Shared: 40 * kB, SlabReclaimable: Known(70 * kB)}); !reflect.DeepEqual(*got.Memory, want) {
		t.Errorf("memory %+v, want %+v", *got.Memory, want)
	}
	if want := (Swap{Total: 400 * kB, Used: 100 * kB, Free: 300 * kB}); *got.Swap != want {
		t.Errorf("swap %+v, want %+v", *got.Swap, want)
	}
	if v, ok := kernel.Get("Cached"); !ok || v != 300*kB || len(kernel.Names) != 10 || kernel.Names[0] != "MemTotal" {
		t.Errorf("kernel %v", kernel)
	}
	if part, err := memorySource(tree{"proc/": ""}.write(t)).Read(t.Context()); part != nil || err == nil {
		t.Errorf("without a file: %v, %v", part, err)
	}
}

const aMeminfo = `MemTotal:       24684096 kB
MemFree:        20000000 kB
MemAvailable:   22000000 kB
Buffers:           13488 kB
Cached:           234744 kB
SwapCached:            0 kB
Active(anon):       1568 kB
SwapTotal:             0 kB
SwapFree:              0 kB
Dirty:               284 kB
Writeback:            16 kB
AnonPages:         23364 kB
Shmem:              8788 kB
SReclaimable:     250252 kB
SUnreclaim:        38320 kB
KernelStack:        1528 kB
PageTables:         2964 kB
CommitLimit:    12342048 kB
Committed_AS:      71608 kB
VmallocTotal:   34359738367 kB
HugePages_Total:      10
HugePages_Free:        4
Hugepagesize:       2048 kB
Hugetlb:         1069056 kB
`

func memoryFrom(t *testing.T, meminfo string, cache arc) (Memory, Table) {
	t.Helper()
	var table tableBuilder
	info, err := parseMeminfo([]byte(meminfo), &table)
	if err != nil {
		t.Fatal(err)
	}
	m := memoryOf(&info, cache)
	checkNumbers(t, m)
	return m, table.table(nil)
}

func TestMemoryRows(t *testing.T) {
	const kB = 1024
	got, kernel := memoryFrom(t, aMeminfo, arc{})
	want := Memory{Total: 24684096 * kB, Available: 22000000 * kB, Used: 2684096 * kB, Free: 20000000 * kB, Buffers: 13488 * kB,
		Cached: (234744 + 250252) * kB, Shared: 8788 * kB, Anonymous: Known(23364 * kB), SlabReclaimable: Known(250252 * kB),
		SlabUsed: Known(38320 * kB), KernelStacks: Known(1528 * kB), PageTables: Known(2964 * kB), Dirty: Known(300 * kB),
		Committed: Known(71608 * kB), CommitLimit: Known(12342048 * kB),
		HugeTotal: Known(1069056 * kB), // 20 MiB of them of 2 MiB, and a page of 1 GiB
		HugeFree:  Known(4 * 2048 * kB)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(kernel.Names) != strings.Count(aMeminfo, "\n") {
		t.Errorf("kernel %v", kernel)
	}
	for name, want := range map[string]uint64{"HugePages_Total": 10, "Active(anon)": 1568 * kB, "VmallocTotal": 34359738367 * kB} {
		if v, ok := kernel.Get(name); !ok || v != want {
			t.Errorf("%s is %d, want %d", name, v, want)
		}
	}
}

func TestMemoryOddHosts(t *testing.T) {
	const kB = 1024
	without := func(row string) string {
		before, after, _ := strings.Cut(aMeminfo, row+":")
		_, after, _ = strings.Cut(after, "\n")
		return before + after
	}
	with := func(row, value string) string { return without(row) + row + ": " + value + "\n" }

	old, _ := memoryFrom(t, without("MemAvailable"), arc{})
	if want := uint64(20000000+13488+234744-8788+250252) * kB; old.Available != want || old.Used != old.Total-want {
		t.Errorf("without MemAvailable: %+v, want %d available", old, want)
	}
	if got, _ := memoryFrom(t, without("Hugetlb"), arc{}); got.HugeTotal != Known(20<<20) {
		t.Errorf("without Hugetlb: %v", got.HugeTotal)
	}
	if got, _ := memoryFrom(t, with("HugePages_Total", "18446744073709551615"), arc{}); got.HugeTotal != Known(24684096*kB) {
		t.Errorf("with too many huge pages: %v", got.HugeTotal)
	}
	if got, _ := memoryFrom(t, with("MemAvailable", "99999999999 kB"), arc{}); got.Available != got.Total || got.Used != 0 {
		t.Errorf("more available than there is: %+v", got)
	}
	if got, kernel := memoryFrom(t, with("Committed_AS", "18446744073709551000 kB"), arc{}); got.Committed != (Number{}) {
		t.Errorf("below zero: %v, %v", got.Committed, kernel)
	}
	if got, _ := memoryFrom(t, with("AnonPages", "-1 kB"), arc{}); got.Anonymous != (Number{}) {
		t.Errorf("negative: %v", got.Anonymous)
	}
	for _, bad := range []string{"", "\n", without("MemTotal"), without("MemFree"), with("MemTotal", "0 kB"), aMeminfo[:40]} {
		if got, err := parseMeminfo([]byte(bad), new(tableBuilder)); err == nil {
			t.Errorf("%q is taken for %v", bad, got)
		}
	}
	if got := swapOf(100, 120); got != (Swap{Total: 100, Free: 100}) {
		t.Errorf("got %+v: more free than there is", got)
	}
}

const arcstats = "13 1 0x01 147 39984 4321 8765\nname                            type data\nhits                            4    98765\n" +
	"c                               4    900\nc_min                           4    100\nc_max                           4    9000\n" +
	"size                            4    700\n"

func TestMemoryOfZFS(t *testing.T) {
	const kB = 1024
	host := tree{"proc/meminfo": "MemTotal: 10 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\n", "proc/spl/kstat/zfs/arcstats": arcstats}.write(t)
	source := memorySource(host)
	got := read(t, source).Memory
	if got.Available != 2*kB+600 || got.Used != 8*kB-600 || got.ARC != Known(700) || got.ARCMin != Known(100) {
		t.Errorf("got %+v", got)
	}
	tree{"proc/spl/kstat/zfs/arcstats": "torn"}.over(t, host)
	part, err := source.Read(t.Context())
	if part == nil || err == nil {
		t.Fatalf("torn: %v, %v", part, err)
	}
	var s Snapshot
	part.AddTo(&s)
	if s.Memory.Available != 2*kB || s.Memory.ARC != (Number{}) {
		t.Errorf("torn: %+v", s.Memory)
	}
	for n := range len(arcstats) {
		if a, ok := parseARC([]byte(arcstats[:n])); ok {
			t.Errorf("%q is taken for %v", arcstats[:n], a)
		}
	}
}

// The module of ZFS may be loaded later, and that is seen soon; it is not asked for on every tick.
func TestMaybeFile(t *testing.T) {
	host := tree{"proc/": ""}.write(t)
	f := maybeFile{kernelFile: kernelFile{path: host.ofProc("later")}}
	now := time.Now()
	if _, err := f.read(now); !os.IsNotExist(err) {
		t.Fatal(err)
	}
	tree{"proc/later": "it is\n"}.over(t, host)
	if _, err := f.read(now.Add(maybeAfter - 1)); !os.IsNotExist(err) {
		t.Errorf("looked for again at once: %v", err)
	}
	if b, err := f.read(now.Add(maybeAfter)); string(b) != "it is\n" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestMemoryTorn(t *testing.T) {
	host := tree{"proc/meminfo": aMeminfo}.write(t)
	source := memorySource(host)
	whole := read(t, source)
	for n := range cuts(aMeminfo) {
		tree{"proc/meminfo": aMeminfo[:n]}.over(t, host)
		part, err := source.Read(t.Context())
		if (part == nil) == (err == nil) {
			t.Fatalf("%d bytes: %v, %v", n, part, err)
		}
		if err == nil {
			var s Snapshot
			part.AddTo(&s)
			checkNumbers(t, s)
			if len(s.Memory.Kernel.Names) != len(s.Memory.Kernel.Values) {
				t.Fatalf("%d bytes: %v", n, s.Memory.Kernel)
			}
		}
	}
	tree{"proc/meminfo": aMeminfo}.over(t, host)
	if again := read(t, source); !reflect.DeepEqual(again, whole) {
		t.Errorf("got %+v, want %+v", again.Memory, whole.Memory)
	}
}

func TestMemoryAllocations(t *testing.T) {
	holdToAllocations(t, memorySource(hostRoots()), 2)
	holdToAllocations(t, memorySource(tree{"proc/meminfo": aMeminfo, "proc/spl/kstat/zfs/arcstats": arcstats}.write(t)), 2)
}

func FuzzMeminfo(f *testing.F) {
	f.Add([]byte(aMeminfo), uint64(1), uint64(0))
	f.Add([]byte("MemTotal: 18014398509481983 kB\nMemFree: 1 kB\n: 1\nx:1\nHugePages_Total: 18446744073709551615\nHugepagesize: 2048 kB\n"), uint64(1<<64-1), uint64(1))
	f.Fuzz(func(t *testing.T, b []byte, size, least uint64) {
		var table tableBuilder
		info, err := parseMeminfo(b, &table)
		if err != nil {
			return
		}
		m := memoryOf(&info, arc{size: size, min: least, known: true})
		checkNumbers(t, m)
		if m.Used+m.Available != m.Total || max(m.Free, m.Buffers, m.Cached, m.Shared) > m.Total {
			t.Errorf("got %+v", m)
		}
		for _, name := range table.table(nil).Names {
			checkText(t, name)
		}
	})
}

func FuzzARC(f *testing.F) {
	f.Add([]byte(arcstats))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, ok := parseARC(b); ok && !a.known {
			t.Errorf("got %v", a)
		}
	})
}

func BenchmarkMemory(b *testing.B) { benchmarkReads(b, memorySource(hostRoots())) }
