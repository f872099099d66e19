package command

import (
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
)

func TestFewerProcessors(t *testing.T) {
	looks, set := true, []bool(nil)
	watched := fewerProcessors(func() bool { return looks }, func(one bool) { set = append(set, one) })
	for _, looks = range []bool{true, true, false, false, true, false} {
		if got := watched(); got != looks {
			t.Errorf("watched says %t, want %t", got, looks)
		}
	}
	if want := []bool{true, false, true}; !slices.Equal(set, want) {
		t.Errorf("one processor: %v, want %v", set, want)
	}
}

func TestProcessorsComeBack(t *testing.T) {
	if os.Getenv("GOMAXPROCS") != "" {
		t.Skip("GOMAXPROCS is set")
	}
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(runtime.SetDefaultGOMAXPROCS)
	looks := false
	watched := FewerProcessors(time.Second, func() bool { return looks })
	watched()
	if got := runtime.GOMAXPROCS(0); got != 1 {
		t.Errorf("nobody looks: %d processors, want 1", got)
	}
	looks = true
	watched()
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("somebody looks: %d processors, want %d", got, before)
	}
	FewerProcessors(time.Minute, func() bool { return false })()
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("a tick a minute: %d processors, want %d", got, before)
	}
}

func TestProcessorsThatWereGiven(t *testing.T) {
	t.Setenv("GOMAXPROCS", "2")
	before := runtime.GOMAXPROCS(0)
	FewerProcessors(time.Second, func() bool { return false })()
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("%d processors, want %d", got, before)
	}
}
