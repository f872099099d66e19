package collector

import (
	"math"
	"testing"

	"github.com/shirou/gopsutil/v3/load"
)

func TestLoad(t *testing.T) {
	got := read(t, loadSource(aHost.write(t)))
	if want := (Load{One: 0.5, Five: 1.25, Fifteen: 2}); *got.Load != want {
		t.Errorf("got %+v, want %+v", *got.Load, want)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), -1} {
		if got, err := loadOf(&load.AvgStat{Load5: bad}); err == nil {
			t.Errorf("%g is taken for a load: %v", bad, got)
		}
	}
}
