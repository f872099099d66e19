//go:build !linux

package collector

import (
	"testing"
	"time"

	"github.com/shirou/gopsutil/v3/disk"
)

func TestDisksOf(t *testing.T) {
	before := map[string]disk.IOCountersStat{
		"ada0": {ReadBytes: 1024, WriteBytes: 5120, ReadCount: 10, WriteCount: 50},
		"ada1": {ReadBytes: 9000, ReadCount: 90},
	}
	after := map[string]disk.IOCountersStat{
		"ada2": {ReadBytes: 1 << 40}, // plugged in
		"ada1": {ReadBytes: 100, ReadCount: 91},
		"ada0": {ReadBytes: 3072, WriteBytes: 5120, ReadCount: 30, WriteCount: 50},
	}
	got := disksOf(before, after, 2*time.Second)
	if len(got) != 3 || got[0].Name != "ada0" || got[0].ReadRate != Known(1024) || got[0].Reads != Known(10) ||
		got[1].Reads != (Number{}) || got[2].Reads != (Number{}) || !got[0].Counted {
		t.Errorf("got %+v", got)
	}
	checkNumbers(t, got)
}
