package fanout

import (
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// newLine is a line of a shard without a connection.
func (s *shard) newLine() *line {
	s.fanout.lineBegins()
	const nobodys = 1 << 20
	l := &line{fanout: s.fanout, fd: nobodys, Line: Line{
		Form: lines(1), Sub: s.fanout.hub.Subscribe(hub.Cursor{}, 0), Account: new(meter.Tally).Begin(nil), Owner: new(owner),
	}}
	l.Form.began()
	s.place(l)
	return l
}

// all are the lines that a shard holds.
func (s *shard) all() (all []*line) {
	for _, l := range s.lines {
		if l != nil {
			all = append(all, l)
		}
	}
	return all
}

// In a round every line has its turn once, though any others leave and join meanwhile.
func TestRound(t *testing.T) {
	seeds := uint64(300)
	if testing.Short() {
		seeds = 50
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 3))
		h := hub.New(hub.Config{})
		f := New(h, Config{Heartbeat: time.Hour, WriteTimeout: time.Hour, Logger: slog.New(slog.DiscardHandler)})
		s, err := newShard(f, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range random.IntN(40) {
			s.newLine()
		}
		joins, leaves := random.IntN(3), random.IntN(3)
		for round := range 5 {
			turns := make(map[*line]int)
			before := s.all()
			s.everybody(func(l *line, _ time.Duration) error {
				turns[l]++
				if joins > 0 && random.IntN(5) == 0 { // as happens while the shard is let go
					for range random.IntN(3 * joins) {
						s.newLine()
					}
				}
				for range leaves {
					if all := s.all(); len(all) == 0 {
						break
					} else if other := all[random.IntN(len(all))]; other != l && random.IntN(3) == 0 {
						s.remove(other)
					}
				}
				if leaves > 0 && random.IntN(3) == 0 {
					return errors.New("it leaves")
				}
				return nil
			})
			for _, l := range before {
				if stays := s.has(l); turns[l] > 1 || stays && turns[l] != 1 {
					t.Fatalf("seed %d, round %d: one of %d lines had %d turns; stays: %v", seed, round, len(before), turns[l], stays)
				}
			}
			for i, l := range s.lines {
				if l != nil && int(l.index) != i {
					t.Fatalf("line %d thinks it is %d", i, l.index)
				}
			}
			if all := s.all(); len(all)+len(s.free) != len(s.lines) || len(all) == 0 && len(s.lines) > 0 {
				t.Fatalf("%d lines have %d places, and %d are free", len(all), len(s.lines), len(s.free))
			}
		}
		s.close()
		if f.open != 0 || len(s.all()) != 0 || h.Stats().Subscriptions != 0 {
			t.Fatalf("%d lines are open, %d descriptors and %d subscriptions are left", f.open, len(s.all()), h.Stats().Subscriptions)
		}
	}
}

// When most have left, a round passes no more places than there are lines twice over, and those who stay are heard and
// spoken to as before.
func TestPack(t *testing.T) {
	s := openShard(t, ByEpoll)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	form := lines(1)
	form.Words.Opening = nil
	const stay = 5
	ends := make(map[*line]net.Conn)
	for i := range stride + stay {
		if i%(stride/stay) != 0 {
			s.newLine()
			continue
		}
		end := s.join(t, ln, form)
		ends[s.lines[len(s.lines)-1]] = end
	}
	for _, l := range s.all() {
		if ends[l] == nil {
			s.remove(l)
		}
	}
	say := func(l *line, now time.Duration) error { return s.say(l, now, 0) }
	s.everybody(say)
	if places := len(s.lines); places != len(ends) {
		t.Errorf("%d lines have %d places", len(ends), places)
	}
	publish(s.fanout.hub, 1)
	s.everybody(say)
	for l, end := range ends {
		end.SetReadDeadline(time.Now().Add(time.Minute))
		got := make([]byte, len("m1 x\n"))
		if _, err := io.ReadFull(end, got); err != nil || string(got) != "m1 x\n" {
			t.Errorf("got %q, %v", got, err)
		}
		end.Close()
		var events [2 * stay]unix.EpollEvent
		for deadline := time.Now().Add(time.Minute); s.has(l) && time.Now().Before(deadline); {
			s.events(events[:s.poll.look(events[:])])
		}
		if s.has(l) {
			t.Error("its leaving is not heard")
		}
	}
	if len(s.lines) != 0 {
		t.Errorf("%d places are left", len(s.lines))
	}
}

// When the hub closes behind a message, before anybody has looked, there is one token for both: one round tells both.
func TestMessageAndEndInARound(t *testing.T) {
	eachShard(t, func(t *testing.T, way Way) {
		s := openShard(t, way)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		end := s.join(t, ln, lines(1))
		publish(s.fanout.hub, 1)
		s.fanout.hub.Close()
		s.everybody(func(l *line, now time.Duration) error { return s.say(l, now, 0) })
		end.SetReadDeadline(time.Now().Add(time.Second))
		if got, err := io.ReadAll(end); string(got) != "open\nm1 x\nbye\n" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// Nobody is always the last.
func TestTurns(t *testing.T) {
	f := New(hub.New(hub.Config{}), Config{Heartbeat: time.Hour, WriteTimeout: time.Hour})
	s, err := newShard(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for range 7 {
		s.newLine()
	}
	firsts := make(map[*line]bool)
	for range 50 {
		first := true
		s.everybody(func(l *line, _ time.Duration) error {
			if first {
				firsts[l] = true
			}
			first = false
			return nil
		})
	}
	if len(firsts) != 7 {
		t.Errorf("%d of 7 lines were ever the first", len(firsts))
	}
}

// A poll can be closed while more descriptors are ready, all the time, than it takes at once.
func TestPollCloses(t *testing.T) {
	p, err := newPoll()
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		w.WriteString("never read")
		if err := p.control(unix.EPOLL_CTL_ADD, int32(r.Fd()), 0, unix.EPOLLIN); err != nil { // told again and again
			t.Fatal(err)
		}
	}
	events, ended, closed := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	go func() {
		p.wait(func([]unix.EpollEvent) {
			select {
			case events <- struct{}{}:
			default:
			}
		}, func() {})
		close(ended)
	}()
	<-events
	go func() {
		p.close()
		close(closed)
	}()
	for _, c := range []chan struct{}{closed, ended} {
		select {
		case <-c:
		case <-time.After(time.Minute):
			t.Fatal("it never ends")
		}
	}
}

// What comes behind a crowd wakes nobody until it has paused, and is told then; and one alone is told without.
func TestPollPauses(t *testing.T) {
	p, err := newPoll()
	if err != nil {
		t.Fatal(err)
	}
	var ends []*os.File
	for range crowd + 2 {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		if err := p.control(unix.EPOLL_CTL_ADD, int32(r.Fd()), 0, watched); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, w)
	}
	say := func(ends ...*os.File) {
		for _, w := range ends {
			w.WriteString("x")
		}
	}
	told, paused, goOn, ended := make(chan int, 1), make(chan struct{}), make(chan struct{}), make(chan struct{})
	expect := func(want int) {
		t.Helper()
		select {
		case n := <-told:
			if n != want {
				t.Fatalf("told of %d, want %d", n, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("not told of %d", want)
		}
	}
	say(ends[:crowd]...)
	go func() {
		p.wait(func(events []unix.EpollEvent) { told <- len(events) }, func() {
			paused <- struct{}{}
			<-goOn
		})
		close(ended)
	}()
	expect(crowd)
	<-paused
	say(ends[crowd])
	p.raw.Control(func(gate uintptr) {
		var events [1]unix.EpollEvent
		if n, err := unix.EpollWait(int(gate), events[:], 0); n != 0 || err != nil {
			t.Errorf("what comes meanwhile is waited for: %d, %v", n, err)
		}
	})
	goOn <- struct{}{}
	expect(1)
	say(ends[crowd+1])
	expect(1)
	p.close()
	<-ended
}

// A crowd waits for a round, and not for ever.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for busy, want := range map[bool]time.Duration{false: moment, true: (1 + roundFirst) * moment} {
			s, began := new(shard), time.Now()
			s.busy.Store(busy)
			s.pause()
			if took := time.Since(began); took != want {
				t.Errorf("busy %v: it took %v, want %v", busy, took, want)
			}
		}
	})
}

// Without a descriptor to spare, for a line or for a poll, lines are held by goroutines; when there are some again, new
// ones are held by epoll.
func TestDescriptorsRunOut(t *testing.T) {
	for _, first := range []bool{true, false} {
		s := open(t, ByRing, Config{})
		form := lines(1)
		if !first {
			s.join(form, nil).expect("head", "open")
		}
		theirs, ours := s.connect()
		defer theirs.Close()
		giveBack := exhaust(t)
		v := s.hold(theirs, ours, form, echoLines{}, ByGoroutine)
		giveBack()
		v.expect("head", "open")
		w := s.join(form, echoLines{})
		w.expect("head", "open")
		publish(s.hub, 1)
		v.expect("m1 x")
		w.expect("m1 x")
	}
}

// Where epoll takes no more, as beyond fs.epoll.max_user_watches, lines are held by goroutines, each connection as it was; when it
// does again, new ones are held by epoll.
func TestWatchesRunOut(t *testing.T) {
	eachShard(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		form := lines(1)
		none := openStream(t) // no epoll: it takes nothing
		var watches []int
		for _, shard := range s.openShards().all {
			fd, err := unix.Dup(shard.poll.fd)
			if err != nil {
				t.Fatal(err)
			}
			watches = append(watches, fd)
			unix.Dup3(int(none.in), shard.poll.fd, unix.O_CLOEXEC)
		}
		theirs, ours := s.connect()
		t.Cleanup(func() { theirs.Close() })
		k := &kept{Conn: ours}
		v := s.hold(theirs, k, form, echoLines{}, ByGoroutine)
		polls, itsOther := s.connect()
		t.Cleanup(func() { polls.Close(); itsOther.Close() })
		if s.Park(itsOther, &asks{}) {
			t.Error("a connection is parked that nobody watches")
		}
		for i, shard := range s.openShards().all {
			unix.Dup3(watches[i], shard.poll.fd, unix.O_CLOEXEC)
			unix.Close(watches[i])
		}
		w := s.join(form, echoLines{})
		publish(s.hub, 1)
		for _, held := range []*viewer{v, w} {
			held.expect("head", "open", "m1 x")
			io.WriteString(held, "q")
			held.expect("aq", "EOF")
			held.ends(Left)
		}
		if n := k.released.Load(); n != 0 {
			t.Errorf("the place of a connection that was not taken is given back %d times", n)
		}
	})
}

// kept is a connection that counts who gives its place back.
type kept struct {
	net.Conn
	released atomic.Int32
}

func (c *kept) Keep() (release func()) { return func() { c.released.Add(1) } }

func (c *kept) SyscallConn() (syscall.RawConn, error) { return c.Conn.(syscall.Conn).SyscallConn() }

// A line keeps the place of the connection that it was taken from until it ends, and gives it back once.
func TestPlaceIsKept(t *testing.T) {
	s := open(t, ByRing, Config{})
	theirs, ours := s.connect()
	k := &kept{Conn: ours}
	v := s.hold(theirs, k, lines(1), nil, ByRing)
	v.expect("head", "open")
	if n := k.released.Load(); n != 0 {
		t.Errorf("given back %d times while it is held", n)
	}
	v.Close()
	v.ends(Left)
	if n := k.released.Load(); n != 1 {
		t.Errorf("given back %d times", n)
	}
}

// exhaust leaves no descriptor to anybody until it is given back.
func exhaust(t *testing.T) (giveBack func()) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	low := limit
	low.Cur = 512
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	var all []int
	for {
		fd, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		all = append(all, fd)
	}
	return func() {
		for _, fd := range all {
			syscall.Close(fd)
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Error(err)
		}
	}
}

// A line costs no goroutine, and little memory.
func TestLineIsSmall(t *testing.T) {
	s := open(t, ByRing, Config{})
	form := lines(1)
	s.join(form, nil).expect("head", "open")
	const n = 500
	ends := make([]int, 0, n)
	defer func() {
		for _, fd := range ends {
			syscall.Close(fd)
		}
	}()
	goroutines, before := runtime.NumGoroutine(), inUse()
	for range n {
		theirs, ours := s.connect()
		file, err := theirs.(interface{ File() (*os.File, error) }).File()
		if err != nil {
			t.Fatal(err)
		}
		fd, err := syscall.Dup(int(file.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
		theirs.Close()
		ends = append(ends, fd)
		s.Hold(ours, []byte(head), Line{Form: form, Sub: s.hub.Subscribe(hub.Cursor{}, 0), Account: (&meter.Tally{Crowd: true}).Begin(ours), Owner: nobody{}})
		ours.Close()
	}
	if each := (inUse() - before) / n; each > 1500 {
		t.Errorf("a line costs %d bytes", each)
	}
	if more := runtime.NumGoroutine() - goroutines; more > 5 {
		t.Errorf("%d lines cost %d goroutines", n, more)
	}
}

// nobody is an Owner that does not care.
type nobody struct{}

func (nobody) Began(Way)   {}
func (nobody) Done(Reason) {}

// openShard is a shard that nothing works on by itself.
func openShard(t testing.TB, way Way) *shard {
	h := hub.New(hub.Config{})
	f := New(h, Config{Heartbeat: time.Hour, WriteTimeout: time.Hour, NoRing: way == ByEpoll, Logger: slog.New(slog.DiscardHandler)})
	s, err := newShard(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	if s.way != way {
		t.Skip("io_uring is refused here")
	}
	return s
}

// join adds a line to the shard, whose viewer's end of the connection it returns.
func (s *shard) join(t testing.TB, ln net.Listener, form *Form) net.Conn {
	return s.joinAs(t, ln, listener(s.fanout.hub, form))
}

// listener is a line of a viewer that says nothing, and whom nobody asks about.
func listener(h *hub.Hub, form *Form) Line {
	return Line{Form: form, Sub: h.Subscribe(hub.Cursor{}, 0), Account: new(meter.Tally).Begin(nil), Owner: nobody{}}
}

// joinAs is join for any line.
func (s *shard) joinAs(t testing.TB, ln net.Listener, of Line) net.Conn {
	theirs, ours := connected(t, ln)
	s.addAs(t, ours, of)
	return theirs
}

// connected is a connection's two ends.
func connected(t testing.TB, ln net.Listener) (theirs, ours net.Conn) {
	theirs, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	if ours, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	return theirs, ours
}

// addAs gives a connection to the shard.
func (s *shard) addAs(t testing.TB, ours net.Conn, of Line) {
	defer ours.Close()
	s.fanout.lineBegins()
	if err := s.add(&line{fanout: s.fanout, Line: of}, ours.(syscall.Conn), nil, nil); err != nil {
		t.Fatal(err)
	}
}

// While a connection waits for a shard that is at work it has one descriptor, as before: the second is taken when it is its
// turn.
func TestWaitingTakesNoDescriptor(t *testing.T) {
	eachShard(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		theirs, ours := s.connect()
		t.Cleanup(func() { theirs.Close() })
		asked := 0
		s.hold(theirs, &turns{Conn: ours.(*meter.Conn), asked: func() {
			asked++
			for _, shard := range s.openShards().all {
				if !shard.mu.TryLock() {
					return
				}
				shard.mu.Unlock()
			}
			t.Error("a descriptor is taken while no shard is at it")
		}}, lines(1), nil, way)
		if asked == 0 {
			t.Error("nobody has asked for the descriptor")
		}
	})
}

// turns is a connection that tells when its descriptor is asked for, by who wants to take it.
type turns struct {
	*meter.Conn
	asked  func()
	wanted bool
}

func (c *turns) Bare() bool {
	c.wanted = true
	return true
}

func (c *turns) SyscallConn() (syscall.RawConn, error) {
	if c.wanted {
		c.asked()
	}
	return c.Conn.SyscallConn()
}

// A connection whose line is gone may live on for a moment by the server's descriptor, or by a child's that is not yet its
// program. The next line may have the same place and descriptor: what is told of the one before is not taken for news of it,
// or it would be said twice what there is to say.
func TestNothingIsHeardOfTheOneBefore(t *testing.T) {
	for _, way := range []Way{ByRing, ByEpoll} {
		t.Run(way.String(), func(t *testing.T) {
			s := openShard(t, way)
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			form := lines(1)
			before := s.join(t, ln, form)
			l := s.all()[0]
			descriptor, place := l.fd, l.index
			lives, err := unix.Dup(int(descriptor))
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(lives)
			now, ours := connected(t, ln)
			s.mu.Lock()
			s.remove(l)
			s.mu.Unlock()
			of := listener(s.fanout.hub, form)
			of.Ear = echoLines{}
			s.addAs(t, ours, of)
			if l = s.all()[0]; l.fd != descriptor || l.index != place {
				t.Fatalf("the next line has descriptor %d and place %d, want %d and %d", l.fd, l.index, descriptor, place)
			}
			io.WriteString(before, "y")
			io.WriteString(now, "y")
			time.Sleep(10 * time.Millisecond)
			var events [8]unix.EpollEvent
			n := s.poll.look(events[:])
			if n != 1 {
				t.Errorf("%d events are told of one line", n)
			}
			s.events(events[:n])
			now.(*net.TCPConn).CloseWrite()
			for deadline := time.Now().Add(time.Minute); s.has(l) && time.Now().Before(deadline); {
				s.events(events[:s.poll.look(events[:])])
			}
			if got, err := io.ReadAll(now); string(got) != "open\nay\n" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// A line that is removed while others wait in its batch is not written to: its descriptor may be another's by then.
func TestRemovedInABatch(t *testing.T) {
	for _, way := range []Way{ByRing, ByEpoll} {
		t.Run(way.String(), func(t *testing.T) {
			s := openShard(t, way)
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			var ends [5]net.Conn
			for i := range ends {
				ends[i] = s.join(t, ln, lines(1))
			}
			publish(s.fanout.hub, 1)
			foreign := openStream(t)
			s.mu.Lock()
			lines := s.all()
			for _, l := range lines {
				s.attend(l, func() error { return s.say(l, 0, 0) })
			}
			gone := lines[2]
			s.remove(gone)
			if err := unix.Dup3(int(foreign.in), int(gone.fd), unix.O_CLOEXEC); err != nil {
				t.Error(err)
			}
			s.flush()
			left := s.batch.n
			s.mu.Unlock()
			defer unix.Close(int(gone.fd))
			if n, err := read(foreign.out, foreign.buf[:]); !errors.Is(err, syscall.EAGAIN) {
				t.Errorf("another got %q", foreign.buf[:n])
			}
			if left != 0 {
				t.Errorf("%d operations are left", left)
			}
			for i, c := range ends {
				got, want := make([]byte, 20), "open\nm1 x\n"
				if i == 2 {
					want = "open\n"
				}
				n, err := io.ReadFull(c, got[:len(want)])
				if string(got[:n]) != want || err != nil {
					t.Errorf("line %d: got %q, %v, want %q", i, got[:n], err, want)
				}
			}
		})
	}
}
