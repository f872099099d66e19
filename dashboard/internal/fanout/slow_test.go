package fanout

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// One that trickles and one that never reads, beside many that read: those miss nothing and wait for nobody, and memory is
// bounded. Here the slow have an hour, so who waits for them waits in vain.
func TestSlowBesideQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	each(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{WriteTimeout: time.Hour})
		form := lines(4000)
		slow := s.dawdlers(form)
		const quick, messages, batch = 50, 400, 20
		var got atomic.Int64
		var reading sync.WaitGroup
		for range quick {
			v := s.join(form, nil)
			reading.Go(func() {
				v.expect("head", "open")
				for n := range messages {
					if err := v.messages(n+1, n+1); err != nil {
						t.Error(err)
						return
					}
					got.Add(1)
				}
			})
		}
		before := inUse()
		for n := 0; n < messages && !t.Failed(); n += batch {
			publish(s.hub, batch)
			eventually(t, "the quick have a batch", func() bool { return got.Load() >= int64(quick*(n+batch)) })
		}
		if grown := inUse() - before; grown > 8<<20 {
			t.Errorf("the heap has grown by %d KB", grown>>10)
		}
		for _, v := range slow {
			if len(v.done) > 0 {
				t.Errorf("one that is slow has ended, as %v", <-v.done)
			}
			v.Conn.Close() // it would be waited for
		}
		s.end()
		reading.Wait()
	})
}

// Who takes nothing for too long, or a byte now and then, is cut as slow.
func TestSlowAreCut(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until they are slow")
	}
	each(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{WriteTimeout: 300 * time.Millisecond})
		slow := s.dawdlers(lines(4000))
		publish(s.hub, 400) // beyond what the kernel keeps for them
		for _, v := range slow {
			v.ends(Slow)
		}
	})
}

// dawdlers are one that never reads and one that trickles, until the test ends.
func (s *site) dawdlers(form *Form) []*viewer {
	s.t.Helper()
	deaf, trickle := s.join(form, nil), s.join(form, nil)
	for _, v := range []*viewer{deaf, trickle} {
		v.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	}
	go func() {
		for b := make([]byte, 1); ; time.Sleep(75 * time.Millisecond) {
			if _, err := trickle.Conn.Read(b); err != nil {
				return
			}
		}
	}()
	return []*viewer{deaf, trickle}
}

func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// A viewer that is slow but takes something all the time is not cut, however long one frame takes.
func TestLongFrame(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	longFrame := func(t *testing.T, way Way, join func(*site, *Form) *viewer) {
		t.Parallel()
		s := open(t, way, Config{WriteTimeout: 10 * time.Second}) // fifty pauses: a busy machine makes some of them longer
		const size = 16 << 20                                     // the kernel's buffers are small beside it
		form, text := lines(1), make([]byte, size)                // made before: that takes long, and is not what is looked at
		form.Message = func(b []byte, _ *hub.Message) []byte { return append(b, text...) }
		v := join(s, form)
		publish(s.hub, 1)
		began := time.Now()
		b := make([]byte, size/60)
		for n := 0; n < size; {
			k, err := io.ReadFull(v.Conn, b[:min(len(b), size-n)])
			if n += k; err != nil {
				t.Fatalf("cut after %v and %d bytes: %v", time.Since(began), n, err)
			}
			time.Sleep(200 * time.Millisecond)
		}
		v.Conn.Close()
		v.ends(Left)
	}
	each(t, func(t *testing.T, way Way) {
		longFrame(t, way, func(s *site, form *Form) *viewer { return s.join(form, nil) })
	})
	t.Run("tls", func(t *testing.T) {
		longFrame(t, ByGoroutine, func(s *site, form *Form) *viewer { return s.joinTLS(form, nil, nil) })
	})
}

// Who is cut because it does not read is not told goodbye: over TLS that would be written, and waited for, where nothing
// can be.
func TestNoGoodbyeToTheSlow(t *testing.T) {
	s := open(t, ByGoroutine, Config{WriteTimeout: 200 * time.Millisecond})
	var below *stuck
	v := s.joinTLS(lines(1<<20), nil, func(c net.Conn) net.Conn {
		below = &stuck{Conn: c}
		return below
	})
	publish(s.hub, 1)
	v.ends(Slow)
	if n := below.late.Load(); n > 0 {
		t.Errorf("%d writes to a connection that takes nothing", n)
	}
}

// A stuck connection counts what is written to it after it has been full for as long as it may.
type stuck struct {
	net.Conn
	full, closed atomic.Bool
	late         atomic.Int64
}

func (c *stuck) Write(b []byte) (int, error) {
	if c.full.Load() && !c.closed.Load() {
		c.late.Add(1)
	}
	n, err := c.Conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.full.Store(true)
	}
	return n, err
}

func (c *stuck) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}
