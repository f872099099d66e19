package collector

import (
	"reflect"
	"testing"

	"github.com/shirou/gopsutil/v3/mem"
)

func TestMemorySource(t *testing.T) {
	got := read(t, memorySource(aHost.write(t)))
	const kB = 1024
	if want := (Memory{Total: 1000 * kB, Available: 600 * kB, Used: 400 * kB, Free: 200 * kB, Buffers: 50 * kB,
		Cached: 370 * kB, Shared: 40 * kB}); !reflect.DeepEqual(*got.Memory, want) {
		t.Errorf("memory %+v, want %+v", *got.Memory, want)
	}
	if want := (Swap{Total: 400 * kB, Used: 100 * kB, Free: 300 * kB}); *got.Swap != want {
		t.Errorf("swap %+v, want %+v", *got.Swap, want)
	}
	if _, err := memorySource(tree{"proc/": ""}.write(t)).Read(t.Context()); err == nil || err.Error() != "read memory: no total" {
		t.Errorf("without a file: %v", err)
	}
}

func TestMemoryReadAtTwoMoments(t *testing.T) {
	got := memoryOf(&mem.VirtualMemoryStat{Total: 100, Available: 120})
	if got.Used != 0 || got.Available != 100 {
		t.Errorf("got %+v: more available than there is", got)
	}
	if got := swapOf(100, 120); *got != (Swap{Total: 100, Free: 100}) {
		t.Errorf("got %+v: more free than there is", got)
	}
	if got := swapOf(0, 0); *got != (Swap{}) {
		t.Errorf("got %+v, want nothing", got)
	}
}
