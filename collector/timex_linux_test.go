package collector

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestTimexOf(t *testing.T) {
	for _, tt := range []struct {
		name  string
		state int
		timex unix.Timex
		want  Clock
	}{
		{"kept by chrony", unix.TIME_OK, unix.Timex{Offset: -1_500_000, Freq: -65536 * 12, Maxerror: 2500, Esterror: 40, Status: 0x2001, Constant: 7, Tick: 10000, Tai: 37},
			Clock{Synchronised: true, Offset: -0.0015, Frequency: 1 - 12e-6, MaxError: 0.0025, Error: 40e-6, Tick: 0.01, TimeConstant: 7, TAI: 37, Status: 0x2001}},
		{"microseconds", unix.TIME_OK, unix.Timex{Offset: 250, Status: 1}, Clock{Synchronised: true, Offset: 250e-6, Frequency: 1, Status: 1}},
		{"kept by nobody", unix.TIME_ERROR, unix.Timex{Maxerror: 16e6, Esterror: 16e6, Status: 64}, Clock{Frequency: 1, MaxError: 16, Error: 16, Status: 64}},
	} {
		if got := timexOf(tt.state, &tt.timex); *got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, *got, tt.want)
		}
	}
	if got := readTimex(); got != nil && (got.Tick < 0.009 || got.Tick > 0.011) { // a kernel lets it be a tenth off at most
		t.Errorf("here: %+v", got)
	}
}
