package collector

import (
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// In a network of its own the test knows each socket.
func TestTCPStatesInOwnNetwork(t *testing.T) {
	onOwnThread(func() {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Logf("not tested: %v", err)
			return
		}
		testTCPStates(t)
	})
}

func testTCPStates(t *testing.T) {
	files := [2]string{"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"}
	byDiag, byFiles := &tcpReader{diag: true, files: files}, &tcpReader{files: files}
	check := func(when string, want map[int]uint64) {
		var wanted tcpCounts
		for state, n := range want {
			wanted[state] = n
		}
		for name, reader := range map[string]*tcpReader{"sock_diag": byDiag, "files": byFiles} {
			var c tcpCensus
			var err error
			for range 3000 { // the last step of a handshake may take a moment
				c = tcpCensus{}
				if err = reader.count(&c); err == nil && c.counts == wanted {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if c.counts != wanted {
				t.Errorf("%s, %s: got %v, want %v, error %v", when, name, c.counts, wanted, err)
			}
		}
		if !byDiag.diag {
			t.Log("sock_diag is refused here")
		}
	}
	must := func(fd int, err error) int {
		if err != nil {
			t.Error(err)
			runtime.Goexit()
		}
		return fd
	}
	must(0, upLoopback())
	check("at the start", nil)

	ends := make(map[int][2]int) // of the connection of each family
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		var address unix.Sockaddr = &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 8055}
		if family == unix.AF_INET6 {
			address = &unix.SockaddrInet6{Addr: [16]byte{15: 1}, Port: 8055}
		}
		listener := must(unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))
		defer unix.Close(listener)
		must(0, unix.Bind(listener, address))
		must(0, unix.Listen(listener, 5))
		client := must(unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))
		must(0, unix.Connect(client, address))
		server, _, err := unix.Accept(listener)
		must(0, err)
		ends[family] = [2]int{client, server}
	}
	check("connected", map[int]uint64{tcpListen: 2, tcpEstablished: 4})

	unix.Close(ends[unix.AF_INET][1])
	check("left by the server", map[int]uint64{tcpListen: 2, tcpEstablished: 2, tcpFinWait2: 1, tcpCloseWait: 1})
	var left tcpCensus
	left.without = 1 << tcpTimeWait
	if err := byDiag.countDiag(&left); byDiag.diag && (err != nil || left.ended != 1 || left.waiting(Known(1)) != Known(0)) {
		t.Errorf("left by the server: got %d ended, %v waiting, %v; want 1, none", left.ended, left.waiting(Known(1)), err)
	}
	unix.Close(ends[unix.AF_INET][0])
	check("ended", map[int]uint64{tcpListen: 2, tcpEstablished: 2, tcpTimeWait: 1})

	silent := must(unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0))
	defer unix.Close(silent)
	must(0, blackHole(silent))
	unix.Connect(silent, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 8055})
	check("asked", map[int]uint64{tcpListen: 2, tcpEstablished: 2, tcpTimeWait: 1, tcpSynSent: 1, tcpSynReceived: 1})

	var c tcpCensus
	c.without = 1<<tcpEstablished | 1<<tcpTimeWait
	if err := byDiag.countDiag(&c); byDiag.diag && (err != nil || c.counts != (tcpCounts{tcpListen: 2, tcpSynSent: 1, tcpSynReceived: 1})) {
		t.Errorf("got %v, %v", c.counts, err)
	}
	for _, fd := range ends[unix.AF_INET6] {
		unix.Close(fd)
	}
}

// upLoopback makes 127.0.0.1 and ::1 work in a new network.
func upLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// blackHole has the socket drop all that it receives: nobody's answer reaches it.
func blackHole(fd int) error {
	drop := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop[0]})
}

func TestTCPReader(t *testing.T) {
	host := socketHost.write(t)
	r := newTCPReader(host)
	now := time.Now()
	states, err := r.read(now, Known(5), Known(3))
	if err != nil || states.Established != Known(2) {
		t.Errorf("got %+v, %v", states, err)
	}
	tree{"proc/1/net/tcp": tcpHead}.over(t, host)
	if states, _ := r.read(now.Add(9*time.Second), Known(5), Known(3)); states.Listen != Known(2) {
		t.Errorf("counted too soon: %+v", states)
	}
	if states, _ := r.read(now.Add(time.Minute), Known(5), Known(3)); states.Listen != Known(1) {
		t.Errorf("not counted again: %+v", states)
	}
	// Many that the kernel counts as established, and that are not, have gone at once.
	for i, step := range []struct {
		after                 time.Duration // since the census
		established, timeWait Number
		want                  bool // there is another one
	}{
		{900 * time.Millisecond, Known(0), Known(3), false}, // too soon
		{time.Second, Known(0), Known(3), true},
		{time.Second, Known(110), Known(3), false}, // not by more than a tenth
		{time.Second, Number{}, Number{}, false},
		{time.Second, Known(100), Known(11), false}, // by a few
		{time.Second, Known(100), Known(12), true},
		{time.Second, Known(60), Known(4), true},
	} {
		now = now.Add(10 * time.Minute)
		tree{"proc/1/net/tcp": tcpHead}.over(t, host)
		r.read(now, Known(100), Known(3))
		tree{"proc/1/net/tcp": socketHost["proc/1/net/tcp"]}.over(t, host)
		states, err := r.read(now.Add(step.after), step.established, step.timeWait)
		if err != nil || (states.Listen == Known(2)) != step.want {
			t.Errorf("step %d: got %+v, %v", i, states, err)
		}
	}
	// While nobody looks there is one a minute, and one at once for who comes.
	r.watch(false, now)
	now = now.Add(10 * time.Minute)
	r.read(now, Known(100), Known(3))
	tree{"proc/1/net/tcp": tcpHead}.over(t, host)
	if states, _ := r.read(now.Add(59*time.Second), Known(50), Known(3)); states.Listen != Known(2) {
		t.Errorf("nobody looks, and it is counted: %+v", states)
	}
	r.watch(true, now.Add(59*time.Second))
	if states, _ := r.read(now.Add(59*time.Second), Known(50), Known(3)); states.Listen != Known(1) {
		t.Errorf("somebody comes, and it is not counted: %+v", states)
	}
	for err, refused := range map[error]bool{
		os.NewSyscallError("x", unix.EPERM): true, os.NewSyscallError("x", unix.EPROTONOSUPPORT): true, unix.ENOENT: true,
		unix.EAGAIN: false, unix.ENOBUFS: false, errManySockets: false, nil: false,
	} {
		if isRefused(err) != refused {
			t.Errorf("%v: refused %t", err, !refused)
		}
	}
}

func BenchmarkTCPCensus(b *testing.B) {
	r := newTCPReader(hostRoots())
	for name, count := range map[string]func(*tcpCensus) error{"diag": r.countDiag, "files": r.countFiles} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := count(&tcpCensus{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
