package collector

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The runtime's own goroutine, which closes the files that sources of earlier tests kept.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.runFinalizers"), goleak.IgnoreAnyFunction("runtime.runCleanups"))
}

// reads is a source whose nth read (from 0) is what do says; its part sets the uptime to n.
func reads(name string, do func(ctx context.Context, n int) error) Source {
	n := -1
	return Source{Name: name, Read: func(ctx context.Context) (Part, error) {
		n++
		n := n
		if err := do(ctx, n); err != nil {
			return nil, err
		}
		return PartFunc(func(s *Snapshot) { s.Uptime = Known(float64(n)) }), nil
	}}
}

func healthy(context.Context, int) error { return nil }

// A record is a snapshot and when it came.
type record struct {
	Snapshot
	came time.Duration
}

// run gives what a collector sends in a time, and its log. It is for synctest bubbles.
func run(t *testing.T, c Collector, d time.Duration, sink func(n int)) ([]record, string) {
	t.Helper()
	var log bytes.Buffer
	c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	start := time.Now()
	if c.sleepless == nil { // the machine's own does not go by the bubble's time
		c.sleepless = func() (time.Duration, bool) { return time.Since(start), true }
	}
	var got []record
	if err := c.Run(ctx, func(s Snapshot) {
		if err := ctx.Err(); err != nil {
			t.Errorf("sink called after the end: %v", err)
		}
		got = append(got, record{s, time.Since(start)})
		if sink != nil {
			sink(len(got) - 1)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return got, log.String()
}

func came(records []record) []time.Duration {
	var times []time.Duration
	for _, r := range records {
		times = append(times, r.came)
	}
	return times
}

func states(s Snapshot) string {
	var b strings.Builder
	for _, state := range s.Sources {
		age := "never"
		if v, ok := state.Age.Get(); ok {
			age = fmt.Sprintf("%gs", v)
		}
		if state.Partial {
			age += ", partial"
		}
		fmt.Fprintf(&b, "%s: %s (%s)", state.Name, state.Error, age)
	}
	return b.String()
}

func TestTicksDoNotDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := reads("slow", func(context.Context, int) error {
			time.Sleep(rand.N(120 * time.Millisecond))
			return nil
		})
		start := time.Now()
		got, log := run(t, Collector{Sources: []Source{slow}}, 1000*time.Second+500*time.Millisecond, nil)
		if len(got) != 1001 || log != "" {
			t.Fatalf("%d snapshots, log %q", len(got), log)
		}
		for n, r := range got {
			due, interval := time.Duration(n)*time.Second, Known(1)
			switch n {
			case 0:
				due, interval = 250*time.Millisecond, Number{}
			case 1:
				interval = Known(0.75)
			}
			if !r.At.Equal(start.Add(due)) || r.came < due || r.came > due+120*time.Millisecond || r.Interval != interval {
				t.Fatalf("snapshot %d: at +%s, came +%s, interval %v", n, r.At.Sub(start), r.came, r.Interval)
			}
		}
	})
}

func TestShortIntervalHasOneFirstTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Collector{Interval: 100 * time.Millisecond, Sources: []Source{reads("a", healthy)}}
		got, _ := run(t, c, 350*time.Millisecond, nil)
		want := []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond}
		if !reflect.DeepEqual(came(got), want) {
			t.Errorf("came %v, want %v", came(got), want)
		}
		if up, _ := got[0].Uptime.Get(); up != 1 {
			t.Errorf("the first snapshot shows read %g, want 1: read 0 is only what rates are measured against", up)
		}
	})
}

func TestLateTicksAreLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, _ := run(t, Collector{Sources: []Source{reads("a", healthy)}}, 8500*time.Millisecond, func(n int) {
			if n == 2 {
				time.Sleep(2900 * time.Millisecond) // from 2 s until 4.9 s
			}
			if n == 4 {
				time.Sleep(time.Second) // exactly until the next one is due
			}
		})
		var s []string
		for _, r := range got {
			s = append(s, fmt.Sprintf("%s/%g", r.came, r.Interval.value))
		}
		if got, want := strings.Join(s, " "), "250ms/0 1s/0.75 2s/1 5s/3 6s/1 8s/2"; got != want {
			t.Errorf("came/interval %s, want %s", got, want)
		}
	})
}

// While nobody looks, what no history has is read as seldom as its Idle says, and told so; and it is read at once when
// somebody comes.
func TestWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []string
		seldom := reads("seldom", func(ctx context.Context, _ int) error {
			s := time.Since(start).String()
			if Unwatched(ctx) {
				s += "!"
			}
			at = append(at, s)
			return nil
		})
		seldom.Every, seldom.Idle = 2*time.Second, 10*time.Second
		always, told := 0, 0
		steady := reads("steady", func(ctx context.Context, _ int) error {
			always++
			if Unwatched(ctx) {
				told++
			}
			return nil
		})
		c := Collector{Sources: []Source{seldom, steady}, Watched: func() bool {
			now := time.Since(start)
			return now < 5*time.Second || now > 23*time.Second && now < 26*time.Second
		}}
		got, log := run(t, c, 40*time.Second+time.Millisecond, nil)
		if got, want := strings.Join(at, " "), "0s 250ms 2s 4s 6s! 10s! 20s! 24s 26s! 30s! 40s!"; got != want {
			t.Errorf("read at %s, want %s", got, want)
		}
		if len(got) != 41 || always != 42 || told != 19+15 || log != "" {
			t.Errorf("%d snapshots; a source without Idle was read %d times, %d of them told that nobody looks; log %q", len(got), always, told, log)
		}
	})
}

// What is read no seldomer while nobody looks, but not in full, is read again when somebody comes: the first that he sees is
// all of it, however short the interval.
func TestWatchedBetweenReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []string
		brief := reads("brief", func(ctx context.Context, _ int) error {
			s := time.Since(start).String()
			if Unwatched(ctx) {
				s += "!"
			}
			at = append(at, s)
			return nil
		})
		brief.Every, brief.Idle = time.Second, time.Second
		c := Collector{Interval: 100 * time.Millisecond, Sources: []Source{brief}, Watched: func() bool {
			now := time.Since(start)
			return now > 2250*time.Millisecond && now < 3250*time.Millisecond || now > 4250*time.Millisecond
		}}
		run(t, c, 5050*time.Millisecond, nil)
		if got, want := strings.Join(at, " "), "0s 100ms! 1s! 2s! 2.3s 3s 4s! 4.3s 5s"; got != want {
			t.Errorf("read at %s, want %s", got, want)
		}
	})
}

// Sources that leave something for later while nobody looks have an Idle, so that it is not missing when somebody comes.
func TestUnwatchedHaveIdle(t *testing.T) {
	for _, s := range DefaultSources() {
		if leaves := s.Name == "sockets" || s.Name == "processes"; leaves && s.Idle <= 0 {
			t.Errorf("%s has none", s.Name)
		}
	}
}

func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []string
		note := func(context.Context, int) error {
			at = append(at, time.Since(start).String())
			return nil
		}
		seldom := reads("seldom", note)
		seldom.Every = 10 * time.Second
		got, log := run(t, Collector{Interval: 3 * time.Second, Sources: []Source{seldom}}, 32*time.Second, nil)
		if got, want := strings.Join(at, " "), "0s 250ms 12s 21s 30s"; got != want {
			t.Errorf("read at %s, want %s", got, want)
		}
		for i, want := range []float64{1, 1, 1, 1, 2, 2, 2, 3} {
			if up, _ := got[i].Uptime.Get(); up != want {
				t.Errorf("snapshot %d shows read %g, want %g", i, up, want)
			}
		}
		if states(got[2].Snapshot) != "" || log != "" {
			t.Errorf("a source that is not due is marked: %s, log %q", states(got[2].Snapshot), log)
		}
	})
}

func TestRunRefuses(t *testing.T) {
	a := reads("a", healthy)
	for _, tt := range []struct {
		collector Collector
		want      string
	}{
		{Collector{Interval: -time.Second}, "negative interval -1s"},
		{Collector{Sources: []Source{{Read: a.Read}}}, "source without a name"},
		{Collector{Sources: []Source{{Name: "a"}}}, `source "a" has no Read`},
		{Collector{Sources: []Source{a, a}}, `two sources named "a"`},
		{Collector{Sources: []Source{}}, "<nil>"},
		{Collector{Sources: []Source{a}}, "<nil>"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := tt.collector.Run(ctx, func(Snapshot) { t.Error("sink called") })
		if got := fmt.Sprint(err); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// readsOf always reads the same part.
func readsOf(p Part) func(context.Context) (Part, error) {
	return func(context.Context) (Part, error) { return p, nil }
}
