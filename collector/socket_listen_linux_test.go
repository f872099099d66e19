package collector

import (
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A program that listens and never accepts: the listener is named while connections are refused, and not any more when it
// is gone. There is no census meanwhile.
func TestFullListenerHere(t *testing.T) {
	r := newSocketReader(hostRoots())
	source := Source{Name: "sockets", Read: r.read}
	read(t, source)
	if !r.tcp.diag || r.isSilent() {
		t.Skip("the kernel does not tell of listeners here")
	}
	r.tcp.due, r.tcp.early = time.Now().Add(time.Hour), time.Now().Add(time.Hour)
	listener := blockedListener(t)
	port := uint16(listener.Addr().(*net.TCPAddr).Port)
	for range 4 {
		callPort(t, port)
	}
	named := func() bool {
		full := read(t, source).Sockets.FullListeners
		i := slices.IndexFunc(full, func(l Listener) bool { return l.Port == port })
		if i < 0 {
			return false
		}
		if l := full[i]; l.Address != "127.0.0.1" || l.Limit != 1 || l.Queue < 1 || l.Queue > 2 {
			t.Fatalf("got %+v", l)
		}
		return true
	}
	waitUntil(t, "the listener is named", named)
	listener.Close()
	waitUntil(t, "it is not named any more", func() bool { return !named() })
}

// isSilent: the kernel has no count of refused connections.
func (s *socketReader) isSilent() bool { return !s.before.known[socketListenOverflows] }

func waitUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 3000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("in half a minute it never came about that %s", what)
}

// blockedListener has room for one connection, and another beside it; it accepts none.
func blockedListener(t *testing.T) net.Listener {
	t.Helper()
	var failed error
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { failed = unix.Listen(int(fd), 1) }); err != nil || failed != nil { // again, with another limit
		t.Fatal(err, failed)
	}
	return l
}

// onOwnThread runs do on a thread that ends with it, and waits. It is not the process's first one: that does not end, and
// what /proc/self has is of it.
func onOwnThread(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			onOwnThread(do)
			runtime.UnlockOSThread()
			return
		}
		do()
	}()
	<-done
}

// callPort begins a connection and does not wait for it.
func callPort(t *testing.T, port uint16) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	unix.Connect(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: int(port)})
}

func BenchmarkListeners(b *testing.B) {
	r := newTCPReader(hostRoots())
	b.ReportAllocs()
	for b.Loop() {
		r.looked = time.Time{}
		r.refusing(time.Now())
	}
}
