package resident

import (
	"runtime"
	"testing"
	"time"
)

// collect collects garbage until told, or for a while.
func collect(told <-chan struct{}, patience time.Duration) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		runtime.GC()
		select {
		case <-told:
			return true
		case <-time.After(time.Millisecond):
		}
	}
	return false
}

func TestAfterCollections(t *testing.T) {
	const patience = time.Minute
	told := make(chan struct{})
	stop := AfterCollections(0, func() {
		select {
		case told <- struct{}{}:
		default: // nobody is asking
		}
	})
	for n := range 3 {
		if !collect(told, patience) {
			t.Fatalf("not told of collection %d", n)
		}
	}
	stop()
	collect(told, 20*time.Millisecond) // one may be under way
	if collect(told, 50*time.Millisecond) {
		t.Error("told when stopped")
	}
}

// However often garbage is collected, what follows it comes seldom.
func TestAfterCollectionsApart(t *testing.T) {
	told, other := make(chan struct{}, 100), make(chan struct{}, 1)
	defer AfterCollections(time.Hour, func() { told <- struct{}{} })()
	defer AfterCollections(0, func() {
		select {
		case other <- struct{}{}:
		default:
		}
	})()
	for range 5 {
		if !collect(other, time.Minute) {
			t.Fatal("the other is not told")
		}
	}
	if len(told) != 1 {
		t.Errorf("told %d times, want once", len(told))
	}
}
