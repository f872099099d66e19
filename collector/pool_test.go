package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
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

// One that fails, is found to be missing, and fails again: the log tells of all three.
func TestMissingAfterFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		battery := Source{Name: "battery", Read: func(context.Context) (Part, error) {
			if since := time.Since(start); since > 10*time.Second && since < 2*time.Minute {
				return nil, notHere("no battery")
			}
			return nil, errors.New("bad")
		}}
		_, log := run(t, Collector{Interval: 10 * time.Second, Sources: []Source{battery}}, 4*time.Minute, nil)
		if fails, missing := strings.Count(log, "source fails"), strings.Count(log, "source is missing"); fails != 2 || missing != 1 {
			t.Errorf("the log tells %d times that it fails and %d times that it is missing, want 2 and 1:\n%s", fails, missing, log)
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

// A steady tick is read by one goroutine. One that hangs is left alone with its source.
func TestGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		sources := []Source{reads("hanging", func(_ context.Context, n int) error {
			if n == 2 {
				<-free
			}
			return nil
		})}
		for i := range 20 {
			sources = append(sources, reads(fmt.Sprint(i), healthy))
		}
		p := startPool(t.Context(), sources, time.Second, slog.New(slog.DiscardHandler))
		var lanes []int
		for n := range 7 {
			if n == 5 {
				close(free)
			}
			p.read(time.Duration(n) * time.Second)
			synctest.Wait()
			p.mu.Lock()
			lanes = append(lanes, p.lanes)
			p.mu.Unlock()
		}
		if got, want := fmt.Sprint(lanes), "[1 1 1 2 2 1 1]"; got != want {
			t.Errorf("%s lanes, want %s", got, want)
		}
		p.stop()
		if p.lanes != 0 {
			t.Errorf("%d lanes are left", p.lanes)
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

// On a host that is so busy that the first reads take long, the first snapshot waits for them where the next one is far
// away: it has all of them, and nobody is marked for a minute. It does not wait for those that may take their time.
func TestSlowStart(t *testing.T) {
	for _, tt := range []struct {
		interval, takes, came time.Duration
		want                  string
	}{
		{time.Minute, 10 * time.Millisecond, 260 * time.Millisecond, ""},
		{time.Minute, 600 * time.Millisecond, 1200 * time.Millisecond, ""},
		{time.Minute, time.Minute, 2 * time.Second, "slow: no answer for 2s (never)leisurely: no answer for 2s (never)"},
		{4 * time.Second, 600 * time.Millisecond, 1200 * time.Millisecond, ""},
		{2 * time.Second, 600 * time.Millisecond, 500 * time.Millisecond, "slow: no answer for 500ms (never)"},
		{time.Second, 600 * time.Millisecond, 250 * time.Millisecond, "slow: no answer for 250ms (never)"},
	} {
		t.Run(fmt.Sprint(tt.interval, " ", tt.takes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				load := 0.0
				slow := Source{Name: "slow", Read: func(context.Context) (Part, error) {
					load++
					n := load
					time.Sleep(tt.takes)
					return PartFunc(func(s *Snapshot) { s.Load = &Load{One: n} }), nil
				}}
				leisurely := reads("leisurely", func(context.Context, int) error { time.Sleep(3 * time.Hour); return nil })
				leisurely.Every = time.Hour
				got, _ := run(t, Collector{Interval: tt.interval, Sources: []Source{slow, leisurely, reads("well", healthy)}}, 2*tt.interval-1, nil)
				first := got[0]
				if up, _ := first.Uptime.Get(); first.came != tt.came || states(first.Snapshot) != tt.want || up != 1 {
					t.Errorf("the first came after %s, with read %g, and %q", first.came, up, states(first.Snapshot))
				}
				if tt.want == "" && (first.Load == nil || first.Load.One != 2) {
					t.Errorf("it has %+v of the slow one, want its second read: that has rates", first.Load)
				}
				if late := got[1].came - tt.interval; late > tt.takes {
					t.Errorf("the second came %s late", late)
				}
				time.Sleep(4 * time.Hour) // what is left behind ends
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		slow := reads("slow", func(ctx context.Context, _ int) error { <-ctx.Done(); return nil })
		if got, _ := run(t, Collector{Interval: time.Minute, Sources: []Source{slow}}, time.Second, nil); len(got) != 0 || time.Since(start) != time.Second {
			t.Errorf("it waits for the first reads, and ends after %s with %d snapshots", time.Since(start), len(got))
		}
	})
}
