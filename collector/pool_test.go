package collector

import (
	"context"
	"errors"
	"fmt"
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
