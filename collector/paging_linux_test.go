package collector

import (
	"math"
	"strings"
	"testing"
	"time"
)

const aVMStat = `nr_free_pages 6011626
pgpgin 9193541
pgpgout 10299996
pswpin 3
pswpout 4
pgalloc_normal 12
pgfault 142687551
pgmajfault 24916
numa_hint_faults 7
oom_kill 1
pgscan_kswapd 9
`

func TestPagingSource(t *testing.T) {
	host := tree{"proc/vmstat": aVMStat}.write(t)
	source := pagingSource(host)
	got := read(t, source).Paging
	if got.OOMKills != Known(1) || got.In != (Number{}) {
		t.Errorf("got %+v", got)
	}
	if want := "pgpgin pgpgout pswpin pswpout pgfault pgmajfault oom_kill"; strings.Join(got.Kernel.Names, " ") != want {
		t.Errorf("rows %q, want %q", got.Kernel.Names, want)
	}
	tree{"proc/vmstat": strings.ReplaceAll(aVMStat, "oom_kill 1\n", "")}.over(t, host)
	if got := read(t, source).Paging; got.OOMKills != (Number{}) || got.In != Known(0) || len(got.Kernel.Names) != 6 {
		t.Errorf("of an old kernel: %+v", got)
	}
	if part, err := pagingSource(tree{"proc/": ""}.write(t)).Read(t.Context()); part != nil || err == nil || isMissing(err) {
		t.Errorf("without a file: %v, %v", part, err)
	}
	if part, err := pagingSource(tree{"proc/vmstat": "nr_free_pages 1\n"}.write(t)).Read(t.Context()); part != nil || !isMissing(err) {
		t.Errorf("without counters: %v, %v", part, err)
	}
}

func TestPagingOf(t *testing.T) {
	of := func(v uint64) counter { return counter{value: v, known: true} }
	before := &vmstat{swapIn: of(1), swapOut: of(1), in: of(100), out: of(100), faults: of(1000), majorFaults: of(50)}
	after := &vmstat{swapIn: of(5), swapOut: of(0), in: of(300), out: of(100), faults: of(5000), majorFaults: of(51), oomKills: of(2)}
	want := Paging{SwapIn: Known(2 * 16384), In: Known(100 << 10), Out: Known(0), Faults: Known(2000), MajorFaults: Known(0.5), OOMKills: Known(2)}
	if got := pagingOf(before, after, 2*time.Second, 16384); got.SwapIn != want.SwapIn || got.SwapOut != want.SwapOut || got.In != want.In ||
		got.Out != want.Out || got.Faults != want.Faults || got.MajorFaults != want.MajorFaults || got.OOMKills != want.OOMKills {
		t.Errorf("got %+v, want %+v", got, want)
	}
	checkNumbers(t, pagingOf(&vmstat{swapIn: of(0)}, &vmstat{swapIn: of(math.MaxUint64)}, 1, 65536))
}

func TestPagingTorn(t *testing.T) {
	for n := range len(aVMStat) {
		var table tableBuilder
		if stat, err := parseVMStat([]byte(aVMStat[:n]), &table); err == nil && aVMStat[n-1] != '\n' {
			t.Errorf("%q is taken for %v", aVMStat[:n], stat)
		}
	}
	for _, bad := range []string{"pgpgin\n", "pgpgin -1\n", "pgfault 1 x\npgmajfault x\n"} {
		if stat, err := parseVMStat([]byte(bad), new(tableBuilder)); err == nil {
			t.Errorf("%q is taken for %v", bad, stat)
		}
	}
}

func TestPagingAllocations(t *testing.T) { holdToAllocations(t, pagingSource(hostRoots()), 2) }

func FuzzVMStat(f *testing.F) {
	f.Add([]byte(aVMStat), []byte("pgpgin 18446744073709551615\npgfault 1\n"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var table tableBuilder
		before, err := parseVMStat(first, &table)
		if err != nil {
			return
		}
		table.table(nil)
		after, err := parseVMStat(second, &table)
		if err != nil {
			return
		}
		got := pagingOf(&before, &after, time.Millisecond, 4096)
		got.Kernel = table.table(nil)
		checkNumbers(t, got)
		for _, name := range got.Kernel.Names {
			checkText(t, name)
		}
	})
}

func BenchmarkPaging(b *testing.B) { benchmarkReads(b, pagingSource(hostRoots())) }
