package dashboard

import (
	"bytes"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A rawViewer is a socket, without anything in this process' heap that could be taken for the server's.
type rawViewer struct {
	fd    int
	last  int    // number of the newest message it has
	gaps  int    // how many of its messages came after a gap
	begun []byte // the beginning of what has not come to its end
}

// dialRaw asks for a technique after message last.
func (s *site) dialRaw(technique string, last int) *rawViewer {
	s.t.Helper()
	addr, err := net.ResolveTCPAddr("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	return &rawViewer{fd: heldViewer(s.t, addr, technique+"?after="+s.cursor(last)), last: last}
}

// take reads what has arrived, every message of which must be whole, and the next after the one before it or marked.
// It returns whether the connection is still there.
func (v *rawViewer) take(t *testing.T, buf []byte) bool {
	t.Helper()
	for {
		n, _, err := syscall.Recvfrom(v.fd, buf, syscall.MSG_DONTWAIT)
		if n <= 0 || err != nil {
			return err == syscall.EAGAIN
		}
		rest := append(v.begun, buf[:n]...)
		v.begun = nil
		for {
			at := bytes.Index(rest, []byte(`{"id":"`))
			if at < 0 {
				rest = rest[max(0, len(rest)-len(`{"id":`)):]
				break
			}
			rest = rest[at:]
			end := bytes.Index(rest, []byte("}}"))
			if end < 0 {
				break
			}
			message := string(rest[:end])
			rest = rest[end:]
			id, after, _ := strings.Cut(message[len(`{"id":"`):], `"`)
			seq, err := strconv.Atoi(id[strings.LastIndexByte(id, '-')+1:])
			gap := strings.Contains(after, `"gap":true`)
			if err != nil || strings.Contains(after, `{"id":"`) || seq != v.last+1 && (!gap || seq <= v.last) {
				t.Fatalf("after message %d came %.200q", v.last, message)
			}
			if v.last = seq; gap {
				v.gaps++
			}
		}
		v.begun = bytes.Clone(rest)
	}
}

// takeAll reads until each has message last.
func takeAll(t *testing.T, viewers []*rawViewer, last int) {
	t.Helper()
	buf := make([]byte, 64<<10)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		missing := 0
		for _, v := range viewers {
			if v.last < last && !v.take(t, buf) {
				t.Fatalf("cut after message %d", v.last)
			}
			if v.last < last {
				missing++
			}
		}
		if missing == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d viewers wait for message %d", missing, len(viewers), last)
		}
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// Three thousand are cut at once and come back at once, each with its cursor, while messages are published: no hole and
// no duplicate; and when they have left nothing of them stays.
func TestThousandsComeBack(t *testing.T) {
	if testing.Short() {
		t.Skip("opens nine thousand descriptors")
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < 10_000 {
		t.Skipf("needs 10 000 descriptors, there are %d", limit.Cur)
	}
	s := open(t, Config{Heartbeat: time.Minute, idleWorker: 100 * time.Millisecond}, "")
	s.publish(1)
	techniques := []string{"sse", "streaming", "websocket"}
	viewers := make([]*rawViewer, 3000)
	come := func() {
		for i, v := range viewers {
			last := 1
			if v != nil {
				last = v.last
			}
			viewers[i] = s.dialRaw(techniques[i%len(techniques)], last)
			if i%500 == 250 {
				s.publish(1)
			}
		}
	}
	leave := func() {
		for i, v := range viewers {
			syscall.Close(v.fd) // what it has not read makes that a reset, for some
			if i%500 == 250 {
				s.publish(1)
			}
		}
	}
	gone := func() bool { return s.hub.Stats().Subscriptions == 0 }

	first := s.dialRaw("sse", 1) // who opens what is there for good
	s.publish(1)
	takeAll(t, []*rawViewer{first}, s.n)
	syscall.Close(first.fd)
	eventually(t, "the first has left", gone)
	goroutines, open, heap := runtime.NumGoroutine(), descriptors(t), inUse()

	come()
	s.publish(3)
	takeAll(t, viewers, s.n)
	eventually(t, "no goroutine waits for a viewer", func() bool { return runtime.NumGoroutine() < goroutines+10 })
	leave()
	come()
	s.publish(3)
	takeAll(t, viewers, s.n)
	for _, v := range viewers {
		if v.gaps > 0 {
			t.Fatalf("somebody has missed something")
		}
	}
	leave()
	viewers = nil
	eventually(t, "all have left", gone)
	eventually(t, "descriptors are back", func() bool { return descriptors(t) <= open })
	eventually(t, "goroutines are back", func() bool { return runtime.NumGoroutine() <= goroutines })
	if more := inUse() - heap; more > 4<<20 {
		t.Errorf("%d KB of heap and stacks stay", more>>10)
	}
}

// 2 500 messages beside viewers that never read: those who do get all of them, memory is bounded, and when the others
// read at last they see whole messages, and the newest.
func TestNeverReading(t *testing.T) {
	if testing.Short() {
		t.Skip("sends megabytes to those who do not read them")
	}
	s := open(t, Config{Heartbeat: time.Minute, WriteTimeout: time.Minute}, "")
	s.publish(1)
	var deaf, quick []*rawViewer
	for _, technique := range []string{"sse", "streaming", "websocket"} {
		deaf = append(deaf, s.dialRaw(technique, 1))
		for range 5 {
			quick = append(quick, s.dialRaw(technique, 1))
		}
	}
	for _, v := range deaf {
		if err := syscall.SetsockoptInt(v.fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all are there", func() bool { return s.hub.Stats().Subscriptions == len(deaf)+len(quick) })
	const batch, batches = 25, 100
	heap := inUse() // before anything waits for anybody: what grows with the first messages has grown too
	for range batches {
		s.publish(batch)
		takeAll(t, quick, s.n)
	}
	if more := inUse() - heap; more > 8<<20 {
		t.Errorf("the heap has grown by %d KB", more>>10)
	}
	for _, v := range quick {
		if v.gaps > 0 {
			t.Error("somebody who reads has missed something")
		}
	}
	takeAll(t, deaf, s.n)
	for i, v := range deaf {
		if v.gaps == 0 {
			t.Errorf("viewer %d, who did not read, has missed nothing: the test sends too little", i)
		}
	}
	for _, v := range append(deaf, quick...) {
		syscall.Close(v.fd)
	}
	eventually(t, "all have left", func() bool { return s.hub.Stats().Subscriptions == 0 })
}
