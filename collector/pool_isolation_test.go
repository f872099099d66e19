package collector

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Of twenty sources half hang at the same tick. The others are read at that tick all the same, at any interval.
func TestManyHang(t *testing.T) {
	for _, interval := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, time.Second, time.Minute} {
		t.Run(interval.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				free := make(chan struct{})
				var sources []Source
				reads := make([]int, 20)
				for i := range reads {
					sources = append(sources, Source{Name: fmt.Sprint(i), Read: func(context.Context) (Part, error) {
						reads[i]++
						if i%2 == 0 && reads[i] == 4 { // at the third snapshot
							<-free
						}
						time.Sleep(time.Millisecond)
						name := fmt.Sprint(reads[i])
						return PartFunc(func(s *Snapshot) { s.Disks = append(s.Disks, Disk{Name: name}) }), nil
					}})
				}
				got, _ := run(t, Collector{Interval: interval, Sources: sources}, 8*interval+interval/2, func(n int) {
					if n == 4 {
						close(free)
					}
				})
				first := min(firstAfter, interval) // where it is short, the first one is the one at interval 1
				at := 2
				if first == interval {
					at = 3
				}
				due := time.Duration(at) * interval
				if limit := due + min(interval/4*3, longestWait); got[2].came != limit || len(got[2].Sources) != 10 {
					t.Errorf("the tick of %s came at %s with %s, want %s and ten marked", due, got[2].came, states(got[2].Snapshot), limit)
				}
				for i := 1; i < 20; i += 2 {
					if name := got[2].Disks[i].Name; name < "4" {
						t.Errorf("source %d shows read %s: it waited for another", i, name)
					}
				}
				if late := got[3].came - time.Duration(at+1)*interval; late > 20*time.Millisecond || len(got[3].Sources) != 10 {
					t.Errorf("the next came %s late, with %s", late, states(got[3].Snapshot))
				}
				if s := states(got[6].Snapshot); s != "" {
					t.Errorf("after all have answered: %s", s)
				}
			})
		})
	}
}

// What is slow does not add up.
func TestManySlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sources []Source
		for i := range 20 {
			sources = append(sources, reads(fmt.Sprint(i), func(context.Context, int) error { time.Sleep(200 * time.Millisecond); return nil }))
		}
		got, log := run(t, Collector{Sources: sources}, 5500*time.Millisecond, nil)
		for n, r := range got[1:] {
			if late := r.came - time.Duration(n+1)*time.Second; late != longestPatience+200*time.Millisecond || states(r.Snapshot) != "" {
				t.Errorf("snapshot %d came %s late, with %q", n+1, late, states(r.Snapshot))
			}
		}
		if log != "" {
			t.Errorf("log %q", log)
		}
	})
}

// Whatever the sources do, each is read by one goroutine at a time, is read at every tick as long as it answers in
// time, and is shown as of its last answer.
func TestChaos(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			chance := rand.New(rand.NewPCG(seed, 0))
			interval := time.Duration(10+chance.IntN(2000)) * time.Millisecond
			var sources []Source
			for i := range 10 {
				chance := rand.New(rand.NewPCG(seed, uint64(i+1)))
				var busy atomic.Bool
				worst := chance.IntN(4)
				sources = append(sources, reads(fmt.Sprint(i), func(ctx context.Context, n int) error {
					if busy.Swap(true) {
						t.Errorf("source %d is read twice at the same time", i)
					}
					defer busy.Store(false)
					switch chance.IntN(10) * worst {
					case 9, 18, 27:
						time.Sleep(time.Duration(chance.Int64N(int64(4 * interval))))
					case 6, 12, 24:
						time.Sleep(time.Duration(chance.Int64N(int64(longestPatience))))
					case 3:
						panic(n)
					case 15:
						return errors.New("bad")
					}
					return nil
				}))
			}
			sources = append(sources, reads("well", healthy))
			got, _ := run(t, Collector{Interval: interval, Sources: sources}, 100*interval-1, nil)
			if len(got) < 45 { // one in two may be held up
				t.Errorf("seed %d: %d snapshots", seed, len(got))
			}
			for n, r := range got {
				if up, _ := r.Uptime.Get(); up != float64(n+1) { // that of the last source
					t.Fatalf("seed %d: snapshot %d shows read %g of the source that is well", seed, n, up)
				}
			}
			time.Sleep(5 * interval) // what is left behind ends
		})
	}
}

// A test's own source may call t.FailNow, and an error may be a nil pointer.
func TestOddSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		odd := reads("odd", func(_ context.Context, n int) error {
			switch n {
			case 2:
				return (*fs.PathError)(nil)
			case 4:
				runtime.Goexit()
			}
			return nil
		})
		var order []string
		note := func(name string) Source {
			return reads(name, func(context.Context, int) error { order = append(order, name); return nil })
		}
		got, _ := run(t, Collector{Sources: []Source{note("a"), odd, note("b")}}, 6500*time.Millisecond, nil)
		for n, want := range []string{"", "odd: an error without a text (0.75s)", "", "odd: no answer for 750ms (1.75s)", "odd: no answer for 1s (2s)"} {
			if s := states(got[n].Snapshot); s != want {
				t.Errorf("snapshot %d: %q, want %q", n, s, want)
			}
		}
		if s := strings.Join(order, ""); s != strings.Repeat("ab", 8) {
			t.Errorf("read in the order %s", s)
		}
	})
}

// A source with a period of its own may be slow: the ticks are not late for it, it is not marked, and the log is spared.
func TestSlowByDesign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := reads("slow", func(context.Context, int) error { time.Sleep(150 * time.Millisecond); return nil })
		slow.Every = 5 * time.Second
		fast, n := reads("fast", healthy), 0
		fast.Read = func(context.Context) (Part, error) {
			n++
			name := fmt.Sprint(n)
			return PartFunc(func(s *Snapshot) { s.Disks = []Disk{{Name: name}} }), nil
		}
		got, log := run(t, Collector{Interval: 100 * time.Millisecond, Sources: []Source{slow, fast}}, time.Minute-time.Millisecond, nil)
		for n, r := range got {
			due := time.Duration(n+1) * 100 * time.Millisecond
			if states(r.Snapshot) != "" || r.came-due > 25*time.Millisecond || len(r.Disks) != 1 || r.Disks[0].Name != fmt.Sprint(n+2) {
				t.Fatalf("snapshot %d came %s late with %q and %v", n, r.came-due, states(r.Snapshot), r.Disks)
			}
		}
		if up, _ := got[len(got)-1].Uptime.Get(); up != 12 {
			t.Errorf("the slow source shows read %g, want 12", up)
		}
		if log != "" {
			t.Errorf("log %q", log)
		}
	})
}

// It is marked when it hangs, after its period or 2 s.
func TestSlowByDesignHangs(t *testing.T) {
	for every, want := range map[time.Duration]time.Duration{time.Second: time.Second, 1500 * time.Millisecond: 1500 * time.Millisecond, 5 * time.Second: 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			free := make(chan struct{})
			hangs := reads("hangs", func(_ context.Context, n int) error {
				if n == 2 {
					<-free
				}
				return nil
			})
			hangs.Every = every
			got, log := run(t, Collector{Interval: 100 * time.Millisecond, Sources: []Source{hangs}}, 20*time.Second-1, func(n int) {
				if n == 150 {
					close(free)
				}
			})
			for n, r := range got {
				at := time.Duration(n+1) * 100 * time.Millisecond
				if marked := at >= every+want && n <= 150; (states(r.Snapshot) != "") != marked {
					t.Fatalf("every %s: at %s: %q", every, at, states(r.Snapshot))
				}
			}
			if n := strings.Count(log, "source=hangs"); n != 2 {
				t.Errorf("every %s: log %q", every, log)
			}
		})
	}
}

// A source whose period is not longer than the interval is read on every tick, and waited for.
func TestSlowOnEveryTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := reads("slow", func(context.Context, int) error { time.Sleep(200 * time.Millisecond); return nil })
		slow.Every = time.Second
		got, _ := run(t, Collector{Sources: []Source{slow}}, 3500*time.Millisecond, nil)
		for n, r := range got {
			if up, _ := r.Uptime.Get(); up != float64(n+1) {
				t.Errorf("snapshot %d shows read %g", n, up)
			}
		}
	})
}

// What comes and goes on each tick is told of once a minute.
func TestFlapIsLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flaps := reads("flaps", func(_ context.Context, n int) error {
			if n%2 == 0 {
				return errors.New("bad")
			}
			return nil
		})
		_, log := run(t, Collector{Interval: 100 * time.Millisecond, Sources: []Source{flaps}}, 3*time.Minute-time.Second-1, nil)
		if n := strings.Count(log, "source=flaps"); n != 6 {
			t.Errorf("%d lines in the log, want two a minute:\n%s", n, log)
		}
	})
}

// The machine stood still since the start, until the first tick: one source of the batch before hangs, and the other is
// not left behind it.
func TestBatchBeforeIsSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		hanging := reads("hanging", func(context.Context, int) error { <-free; return nil })
		p := startPool(t.Context(), []Source{hanging, reads("other", healthy)}, time.Second, slog.New(slog.DiscardHandler))
		p.prime()
		synctest.Wait()
		p.read(time.Second) // without the idle time in between
		synctest.Wait()
		p.collect(time.Time{})
		var s Snapshot
		p.addTo(&s)
		if _, ok := s.Uptime.Get(); !ok || len(s.Sources) != 1 || s.Sources[0].Name != "hanging" {
			t.Errorf("uptime %v, %s", s.Uptime, states(s))
		}
		close(free)
		p.stop()
	})
}
