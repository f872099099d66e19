package collector

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFailure(t *testing.T) {
	for _, tt := range []struct {
		name     string
		fail     func() error
		want     string
		wantLogs []string
	}{
		{"error", func() error { return errors.New("read x: no such\nfile") }, "read x: no such\uFFFDfile", []string{"source fails", "source is well again"}},
		{"panic", func() error { panic("index out of range") }, "panic: index out of range", []string{"source panics", "source is well again"}},
		{"panic of the runtime", func() error { return errors.New(strings.Fields("")[0]) }, "panic: runtime error: index out of range [0] with length 0", []string{"goroutine ", "pool_test.go"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bad := reads("bad", func(_ context.Context, n int) error {
					if n >= 2 && n <= 4 { // at 1, 2 and 3 s
						return tt.fail()
					}
					return nil
				})
				load := Source{Name: "load", Read: func(context.Context) (Part, error) {
					return PartFunc(func(s *Snapshot) { s.Load = &Load{One: 1} }), nil
				}}
				got, log := run(t, Collector{Sources: []Source{bad, load}}, 5500*time.Millisecond, nil)
				for n, want := range []string{"", "0.75s", "1.75s", "2.75s", "", ""} {
					if want != "" {
						want = fmt.Sprintf("bad: %s (%s)", tt.want, want)
					}
					if states(got[n].Snapshot) != want {
						t.Errorf("snapshot %d: %q, want %q", n, states(got[n].Snapshot), want)
					}
					if up, ok := got[n].Uptime.Get(); !ok || n < 4 && up != 1 || got[n].Load == nil {
						t.Errorf("snapshot %d: uptime %g, load %v: a part is lost", n, up, got[n].Load)
					}
				}
				for _, want := range tt.wantLogs {
					if strings.Count(log, want) == 0 {
						t.Errorf("log has no %q:\n%s", want, log)
					}
				}
				if n := strings.Count(log, "source=bad"); n != 2 {
					t.Errorf("%d lines in the log, want one when it begins and one when it ends:\n%s", n, log)
				}
			})
		})
	}
}

func TestHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		hanging := reads("hanging", func(_ context.Context, n int) error {
			if n == 2 { // at 1 s
				<-free
			}
			return nil
		})
		others := 0
		other := reads("other", func(context.Context, int) error { others++; return nil })
		got, log := run(t, Collector{Sources: []Source{other, hanging}}, 7500*time.Millisecond, func(n int) {
			if n == 4 { // at 4 s
				close(free)
			}
		})
		for n, want := range []struct {
			came  time.Duration
			state string
		}{
			{250 * time.Millisecond, ""},
			{1750 * time.Millisecond, "hanging: no answer for 750ms (1.5s)"}, // it was read at 0.25 s
			{2 * time.Second, "hanging: no answer for 1s (1.75s)"},
			{3 * time.Second, "hanging: no answer for 2s (2.75s)"},
			{4 * time.Second, "hanging: no answer for 3s (3.75s)"},
			{5 * time.Second, ""},
			{6 * time.Second, ""},
			{7 * time.Second, ""},
		} {
			if got[n].came != want.came || states(got[n].Snapshot) != want.state {
				t.Errorf("snapshot %d came at %s with %q, want %s with %q", n, got[n].came, states(got[n].Snapshot), want.came, want.state)
			}
		}
		if others != 9 {
			t.Errorf("the other source was read %d times, want 9", others)
		}
		if n := strings.Count(log, "source=hanging"); n != 2 || !strings.Contains(log, "well again") {
			t.Errorf("%d lines in the log, want 2:\n%s", n, log)
		}
	})
}

func TestHangFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := reads("slow", func(_ context.Context, n int) error {
			if n == 0 {
				time.Sleep(1100 * time.Millisecond)
			}
			return nil
		})
		got, _ := run(t, Collector{Sources: []Source{slow}}, 2500*time.Millisecond, nil)
		for n, want := range []string{"slow: no answer for 250ms (never)", "slow: no answer for 1s (never)", ""} {
			if states(got[n].Snapshot) != want {
				t.Errorf("snapshot %d: %q, want %q", n, states(got[n].Snapshot), want)
			}
		}
		if got := came(got); got[0] != 250*time.Millisecond || got[1] != time.Second {
			t.Errorf("came %v: a tick waited for a read it had not asked for", got)
		}
	})
}

func TestEndIsPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		hanging := reads("hanging", func(_ context.Context, n int) error { <-free; return nil })
		start := time.Now()
		run(t, Collector{Sources: []Source{hanging, reads("a", healthy)}}, 3300*time.Millisecond, nil)
		if d := time.Since(start); d != 3400*time.Millisecond {
			t.Errorf("Run returned after %s, want 100ms after the end", d)
		}
		close(free) // else the bubble would find the goroutine that is left behind
	})
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		obeys := reads("obeys", func(ctx context.Context, n int) error { <-ctx.Done(); return ctx.Err() })
		run(t, Collector{Sources: []Source{obeys, reads("a", healthy)}}, 1100*time.Millisecond, nil)
		if d := time.Since(start); d != 1100*time.Millisecond {
			t.Errorf("Run returned after %s, want at once: nothing hangs", d)
		}
	})
}

func TestPartWithError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		half := Source{Name: "half", Read: func(context.Context) (Part, error) {
			return PartFunc(func(s *Snapshot) { s.Uptime = Known(7) }), errors.New("the other half is missing")
		}}
		nothing := Source{Name: "nothing", Read: func(context.Context) (Part, error) { return nil, nil }}
		throws := Source{Name: "throws", Read: func(context.Context) (Part, error) {
			return PartFunc(func(s *Snapshot) { s.CPU.Cores = nil }), nil
		}}
		got, _ := run(t, Collector{Sources: []Source{half, nothing, throws}}, 300*time.Millisecond, nil)
		want := "half: the other half is missing (0s, partial)throws: panic: runtime error: invalid memory address or nil pointer dereference (0s)"
		if s := states(got[0].Snapshot); s != want || got[0].Uptime != Known(7) {
			t.Errorf("got %q and uptime %v, want %q and 7", s, got[0].Uptime, want)
		}
	})
}

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
						time.Sleep(rand.N(4 * interval))
					case 6, 12, 24:
						time.Sleep(rand.N(longestPatience))
					case 3:
						panic(n)
					case 15:
						return errors.New("bad")
					}
					return nil
				}))
			}
			sources = append(sources, reads("well", healthy))
			got, _ := run(t, Collector{Interval: interval, Sources: sources}, 100*interval, nil)
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

// A source that says that there is no such thing is asked once a minute, shown as missing, and not in the log.
func TestMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var asked []string
		gpu := Source{Name: "gpu", Read: func(context.Context) (Part, error) {
			since := time.Since(start)
			asked = append(asked, since.String())
			if since < 2*time.Minute || since > 150*time.Second { // it is plugged in for half a minute
				return nil, fmt.Errorf("read gpu: %w", notHere("no gpu"))
			}
			return PartFunc(func(s *Snapshot) { s.GPUs = []GPU{{}} }), nil
		}}
		seldom := Source{Name: "seldom", Every: 70 * time.Second, Read: func(context.Context) (Part, error) {
			if since := time.Since(start); since%(70*time.Second) != 0 {
				t.Errorf("it is asked at %s", since)
			}
			return nil, notHere("nor this")
		}}
		got, log := run(t, Collector{Interval: 10 * time.Second, Sources: []Source{gpu, seldom}}, 225*time.Second, nil)
		if got, want := strings.Join(asked, " "), "0s 1m0s 2m0s 2m10s 2m20s 2m30s 2m40s 3m40s"; got != want {
			t.Errorf("asked at %s, want %s", got, want)
		}
		const nothing = "gpu: read gpu: no gpu (never)seldom: nor this (never)"
		for n, r := range got {
			want := nothing
			if n >= 12 && n <= 15 {
				want = "seldom: nor this (never)"
			}
			if states(r.Snapshot) != want || (len(r.GPUs) > 0) != (want != nothing) || !r.Sources[0].Missing {
				t.Errorf("snapshot %d: %s, %d GPUs", n, states(r.Snapshot), len(r.GPUs))
			}
		}
		if &got[3].Sources[0] != &got[4].Sources[0] {
			t.Error("states that are the same are made anew")
		}
		if log != "" {
			t.Errorf("log %q", log)
		}
	})
}

// With a part there is something here.
func TestMissingInPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		half := Source{Name: "half", Read: func(context.Context) (Part, error) {
			n++
			return PartFunc(func(s *Snapshot) { s.Uptime = Known(1) }), notHere("the other half")
		}}
		got, _ := run(t, Collector{Sources: []Source{half}}, 2500*time.Millisecond, nil)
		if n != 4 || states(got[2].Snapshot) != "half: the other half (0s, partial)" {
			t.Errorf("read %d times: %s", n, states(got[2].Snapshot))
		}
	})
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

// A steady tick is read by one goroutine. One that hangs is left alone with its source.
func TestGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		free := make(chan struct{})
		sources := []Source{reads("hanging", func(_ context.Context, n int) error {
			if n == 3 { // at 2 s
				<-free
			}
			return nil
		})}
		for i := range 20 {
			sources = append(sources, reads(fmt.Sprint(i), healthy))
		}
		var lanes []int
		run(t, Collector{Sources: sources}, 6500*time.Millisecond, func(n int) {
			if n == 4 {
				close(free)
			}
			synctest.Wait()
			lanes = append(lanes, runtime.NumGoroutine()-before)
		})
		if got, want := fmt.Sprint(lanes), "[1 1 1 2 1 1 1]"; got != want {
			t.Errorf("%s goroutines, want %s", got, want)
		}
	})
}

// What the pool itself costs on a steady tick is nothing, with sources that are missing too.
func TestPoolAllocatesNothing(t *testing.T) {
	part := PartFunc(func(*Snapshot) {})
	var sources []Source
	for i := range 30 {
		sources = append(sources, Source{Name: fmt.Sprint(i), Read: func(context.Context) (Part, error) {
			if i%3 == 0 {
				return nil, notHere("no such thing")
			}
			return part, nil
		}})
	}
	p := startPool(t.Context(), sources, time.Minute, slog.New(slog.DiscardHandler))
	defer p.stop()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	since := time.Duration(0)
	var s Snapshot
	tick := func() {
		p.read(since)
		p.addTo(&s)
		since += 100 * time.Millisecond
	}
	tick()
	if n := testing.AllocsPerRun(500, tick); n != 0 {
		t.Errorf("%g allocations", n)
	}
	if len(s.Sources) != 10 {
		t.Errorf("%d sources are marked, want 10", len(s.Sources))
	}
}
