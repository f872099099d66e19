package fanout

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openRing is a ring; the test is skipped where the kernel refuses it, and says so.
func openRing(t testing.TB) *ring {
	r, err := newRing()
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		t.Skip("io_uring is refused here: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

// A stream is two ends of a connection with little room, and how far its bytes have come: they count 0, 1, 2, … 255, 0.
type stream struct {
	in, out        int32
	sent, received int
	buf            [1 << 10]byte // of the heap, as the ring wants it
}

func openStream(t testing.TB) *stream {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.SetsockoptInt(fds[0], unix.SOL_SOCKET, unix.SO_SNDBUF, 4<<10)
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	return &stream{in: int32(fds[0]), out: int32(fds[1])}
}

var counting = func() (b [1 << 16]byte) {
	for i := range b {
		b[i] = byte(i)
	}
	return b
}()

func (s *stream) sending(n int) op {
	return op{send: true, fd: s.in, b: counting[s.sent%256:][:n]}
}

func (s *stream) receiving(n int) op { return op{fd: s.out, b: s.buf[:n]} }

// check compares what an operation did with what there was to do.
func (s *stream) check(t testing.TB, o *op) {
	t.Helper()
	waiting := s.sent - s.received
	switch {
	case errors.Is(o.err, syscall.EAGAIN) && (o.send && waiting > 0 || !o.send && waiting == 0):
	case o.err != nil || !o.made || o.n <= 0 || o.n > len(o.b):
		t.Fatalf("send %v of %d bytes with %d on their way: got %d, %v, made %v", o.send, len(o.b), waiting, o.n, o.err, o.made)
	case o.send:
		s.sent += o.n
	case !bytes.Equal(o.b[:o.n], counting[s.received%256:][:o.n]):
		t.Fatalf("the bytes behind the first %d are others", s.received)
	default:
		s.received += o.n
	}
}

// drive does what the bytes say with streams, through a ring, and compares.
func drive(t testing.TB, r *ring, streams []*stream, script []byte) {
	var ops []op
	var of []*stream
	used := make(map[*stream]bool) // once a batch, as lines are: what of two comes first is not said
	run := func() {
		r.run(ops)
		for i := range ops {
			of[i].check(t, &ops[i])
		}
		ops, of = ops[:0], of[:0]
		clear(used)
	}
	for len(script) >= 3 {
		s, size := streams[int(script[0])%len(streams)], 1+int(script[1])<<(script[2]>>4&7)
		if used[s] || len(ops) == ringSize {
			run()
		}
		used[s] = true
		of = append(of, s)
		if script[2]&1 == 0 {
			ops = append(ops, s.sending(min(size, len(counting)-256)))
		} else {
			ops = append(ops, s.receiving(min(size, len(s.buf))))
		}
		script = script[3:]
	}
	run()
	if n := r.missing(0); n != 0 {
		t.Fatalf("%d completions are left", -n)
	}
}

// FuzzRing: whatever is sent and received, in batches of whatever size, short, in vain or whole, no byte is lost, doubled
// or another's.
func FuzzRing(f *testing.F) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 7))
		script := make([]byte, random.IntN(2000))
		for i := range script {
			script[i] = byte(random.IntN(256))
		}
		f.Add(uint8(seed), script)
	}
	f.Fuzz(func(t *testing.T, n uint8, script []byte) {
		r := openRing(t)
		streams := make([]*stream, 1+n%40)
		for i := range streams {
			streams[i] = openStream(t)
		}
		drive(t, r, streams, script[:min(len(script), 6000)])
	})
}

// A ring takes as many as it has room for, again and again.
func TestRingFull(t *testing.T) {
	r := openRing(t)
	var streams [ringSize]*stream
	for i := range streams {
		streams[i] = openStream(t)
	}
	for size := 1; size < 1000; size *= 3 {
		for _, do := range []func(*stream) op{func(s *stream) op { return s.sending(size) }, func(s *stream) op { return s.receiving(size) }} {
			var ops [ringSize]op
			for i, s := range streams {
				ops[i] = do(s)
			}
			if r.run(ops[:]); r.missing(0) != 0 {
				t.Fatalf("%d completions are left", -r.missing(0))
			}
			for i, s := range streams {
				if s.check(t, &ops[i]); ops[i].n != size {
					t.Fatalf("the %d. of %d: %d bytes, want %d", i, ringSize, ops[i].n, size)
				}
			}
		}
	}
}

// Rings are used from whatever thread, by one goroutine after another, with signals coming in between.
func TestRingStress(t *testing.T) {
	rounds := 400
	if testing.Short() {
		rounds = 40
	}
	stop := make(chan struct{})
	var signals, users sync.WaitGroup
	signals.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				syscall.Kill(os.Getpid(), syscall.SIGURG) // Go's own, for a goroutine that runs for too long
				runtime.Gosched()
			}
		}
	})
	for seed := range uint64(2) {
		r, streams := openRing(t), make([]*stream, ringSize+5)
		for i := range streams {
			streams[i] = openStream(t)
		}
		var turn sync.Mutex
		for user := range uint64(4) {
			users.Go(func() {
				random := rand.New(rand.NewPCG(seed, user))
				script := make([]byte, 3*100)
				for range rounds {
					for i := range script {
						script[i] = byte(random.IntN(256))
					}
					turn.Lock()
					drive(t, r, streams, script)
					turn.Unlock()
					runtime.Gosched()
				}
			})
		}
	}
	users.Wait()
	close(stop)
	signals.Wait()
}

// What is no socket, is closed or broken ends as it does by a system call, and takes nothing else with it.
func TestRingErrors(t *testing.T) {
	r := openRing(t)
	whole, broken := openStream(t), openStream(t)
	unix.Shutdown(int(broken.out), unix.SHUT_RDWR)
	pipeOut, pipeIn, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipeIn.Close()
	defer pipeOut.Close()
	ops := []op{
		{send: true, fd: -1, b: counting[:5]},
		whole.sending(7),
		broken.sending(3),
		{send: true, fd: int32(pipeIn.Fd()), b: counting[:9]},
		broken.receiving(3),
		{fd: 1 << 20, b: whole.buf[:1]},
	}
	r.run(ops)
	type outcome struct {
		n   int
		err error
	}
	for i, want := range []outcome{{0, syscall.EBADF}, {7, nil}, {0, syscall.EPIPE}, {9, nil}, {0, nil}, {0, syscall.EBADF}} {
		if got := (outcome{ops[i].n, ops[i].err}); got != want {
			t.Errorf("operation %d: got %v, want %v", i, got, want)
		}
	}
}

// A look is told the same by the ring as by a system call, between whatever else is in a batch.
func TestRingLooks(t *testing.T) {
	r := openRing(t)
	for _, looks := range []bool{r.looks, false} {
		r.looks = looks
		s := open(t, ByRing, Config{})
		theirs, ours := s.connect()
		defer theirs.Close()
		defer ours.Close()
		raw, err := bare(ours).(syscall.Conn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		raw.Control(func(fd uintptr) {
			(&viewer{Conn: theirs, t: t}).vanish() // nothing is acknowledged
			for _, want := range []int{0, 300, 600} {
				stream := openStream(t)
				ops := []op{stream.sending(5), {fd: int32(fd), look: true}, {fd: -1, look: true}, {fd: int32(stream.in), look: true}, stream.receiving(5)}
				r.run(ops)
				if n, err := outgoing(int32(fd)); ops[1].n != want || ops[1].err != nil || n != want || err != nil {
					t.Errorf("got %d, %v by the ring and %d, %v by a system call, want %d bytes under way", ops[1].n, ops[1].err, n, err, want)
				}
				if !errors.Is(ops[2].err, syscall.EBADF) || !ops[3].made {
					t.Errorf("without a connection: got %v; of a Unix socket: made %v, %v", ops[2].err, ops[3].made, ops[3].err)
				}
				if ops[0].n != 5 || ops[4].n != 5 || string(ops[4].b[:5]) != string(counting[:5]) {
					t.Errorf("beside it, %d bytes were sent and %d received", ops[0].n, ops[4].n)
				}
				write(int32(fd), make([]byte, 300))
			}
		})
	}
}

// What the kernel does not take, for want of memory or because the ring is broken, is done all the same.
func TestRingIsRefusedLater(t *testing.T) {
	r := openRing(t)
	s := openStream(t)
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	whole := r.fd
	r.fd = null // of io_uring_enter: EOPNOTSUPP
	for range 3 {
		ops := []op{s.sending(10)}
		r.run(ops)
		s.check(t, &ops[0])
	}
	unix.Close(null)
	r.fd = whole
	for range 3 {
		ops := []op{s.receiving(10)}
		r.run(ops)
		s.check(t, &ops[0])
	}
	if s.received != 30 {
		t.Errorf("%d bytes came through, want 30", s.received)
	}
}

// refuseRings makes the kernel refuse io_uring to this process, as Docker's seccomp profile does.
func refuseRings(t *testing.T) {
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the number of the system call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_IO_URING_SETUP, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&filter))); errno != 0 {
		t.Skip("no seccomp here: ", errno)
	}
}

// Where io_uring is refused, lines are held without it, and that is logged once.
func TestRingIsRefused(t *testing.T) {
	const child = "FIVEWIRE_TEST_REFUSED"
	if os.Getenv(child) == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestRingIsRefused$", "-test.v")
		command.Env = append(os.Environ(), child+"=1")
		out, err := command.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- ") {
			t.Errorf("got %v\n%s", err, out)
		}
		if strings.Contains(string(out), "--- SKIP") {
			t.Skip(string(out))
		}
		return
	}
	refuseRings(t)
	s := open(t, ByRing, Config{})
	for range 3 {
		theirs, ours := s.connect()
		defer theirs.Close()
		v := s.hold(theirs, ours, lines(1), echoLines{}, ByEpoll)
		v.expect("head", "open")
		io.WriteString(v, "y")
		v.expect("ay")
	}
	if log := s.log.String(); strings.Count(log, "no io_uring") != 1 || !strings.Contains(log, "operation not permitted") {
		t.Errorf("the log says %q", log)
	}
}
