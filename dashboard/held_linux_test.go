//go:build linux

package dashboard

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What a held viewer costs, in bytes of heap: a bit more than it takes, so that nothing is added without being seen.
var heldMost = map[string]int64{"longpolling": 550, "streaming": 600, "sse": 600, "websocket": 680}

// A viewer costs no more than that, once the garbage of letting it in has been collected; one that polls, when it waits
// for the second time. It is measured in a process of its own: other tests leave things behind. What thousands leave
// behind for those after them, such as the runtime's own of goroutines, is there before.
func TestHeldIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until goroutines that have served connections end")
	}
	const viewers, child = 1000, "DASHBOARD_TEST_HELD"
	if technique := os.Getenv(child); technique != "" {
		c := openHeld(t, technique)
		c.join(1)
		goroutines := runtime.NumGoroutine()
		c.join(viewers)
		c.leave(viewers)
		quiet := func() bool { return runtime.NumGoroutine() < goroutines+3 } // some come and go
		eventually(t, "nothing works for those who have left", quiet)
		before := heap()
		c.join(viewers)
		c.publish()
		c.ask()
		eventually(t, "nothing works for those who wait", quiet)
		each := (heap() - before) / viewers
		t.Logf("a viewer costs %d bytes", each)
		if most := heldMost[technique]; each > most {
			t.Errorf("a viewer costs %d bytes, want %d at most", each, most)
		}
		c.publish() // all have been there
		return
	}
	for technique := range heldMost {
		t.Run(technique, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestHeldIsSmall$", "-test.v")
			cmd.Env = append(os.Environ(), child+"="+technique)
			out, err := cmd.CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// heap is what is in use of it.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what is kept to be used again goes with the second
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkHeld holds viewers and tells what each costs: bytes of heap and of stacks, and goroutines. One operation is
// one message to all of them.
func BenchmarkHeld(b *testing.B) {
	for technique := range heldMost {
		b.Run(technique, func(b *testing.B) { benchmarkHeld(b, technique, 2000) })
	}
}

func benchmarkHeld(b *testing.B, technique string, viewers int) {
	c := openHeld(b, technique)
	before := inUse()
	goroutines := runtime.NumGoroutine()
	c.join(viewers)
	c.publish()
	c.ask()
	held := inUse()
	b.ResetTimer()
	for range b.N {
		c.publish()
		b.StopTimer()
		c.ask()
		b.StartTimer()
	}
	b.StopTimer()
	b.ReportMetric(float64(held-before)/float64(viewers), "B/viewer")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines), "goroutines")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(viewers), "ns/delivery")
}

// A heldCrowd is a dashboard, and viewers of one technique without anything in this process' heap.
type heldCrowd struct {
	*site
	t         testing.TB
	technique string
	addr      *net.TCPAddr
	viewers   []int
}

// openHeld has nobody asked whether they are there: these do not answer, and letting a thousand in may take long.
func openHeld(t testing.TB, technique string) *heldCrowd {
	ln, _, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Heartbeat: time.Hour, idleWorker: 100 * time.Millisecond}
	c := &heldCrowd{site: serveOn(t, New(config), ln, "", ""), t: t, technique: technique, addr: ln.Addr().(*net.TCPAddr)}
	c.site.publish(1)
	t.Cleanup(func() {
		for _, fd := range c.viewers {
			syscall.Close(fd)
		}
	})
	return c
}

// join has so many more viewers who are there, and wait for the next message.
func (c *heldCrowd) join(n int) {
	for range n {
		c.viewers = append(c.viewers, heldViewer(c.t, c.addr, c.question()))
	}
	c.held()
}

// leave has the last n leave.
func (c *heldCrowd) leave(n int) {
	c.t.Helper()
	stay := len(c.viewers) - n
	for _, fd := range c.viewers[stay:] {
		syscall.Close(fd)
	}
	c.viewers = c.viewers[:stay]
	c.held()
}

// question asks for what comes after the newest message.
func (c *heldCrowd) question() string { return c.technique + "?wait=60s&after=" + c.cursor(c.n) }

func (c *heldCrowd) held() {
	c.t.Helper()
	eventually(c.t, "all are held", func() bool { return c.transports.Viewers.Holding()[c.technique] == len(c.viewers) })
}

// publish returns when the next message is everybody's.
func (c *heldCrowd) publish() {
	c.t.Helper()
	want := c.hub.Stats().Delivered + uint64(len(c.viewers))
	c.site.publish(1)
	eventually(c.t, "all have it", func() bool { return c.hub.Stats().Delivered >= want })
}

// ask reads what has come, and asks anew where that must be.
func (c *heldCrowd) ask() {
	c.t.Helper()
	if c.technique == "longpolling" {
		eventually(c.t, "all are answered", func() bool { return c.transports.Viewers.Holding()[c.technique] == 0 })
	}
	for _, fd := range c.viewers {
		if discard(fd); c.technique == "longpolling" {
			askAgain(c.t, fd, c.addr, c.question())
		}
	}
	c.held()
}

// inUse is the heap and the stacks after a collection.
func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	time.Sleep(50 * time.Millisecond)
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// heldViewer connects to a technique, parameters and all, without leaving anything in this process' heap.
func heldViewer(b testing.TB, addr *net.TCPAddr, technique string) int {
	b.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	to := syscall.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())}
	if err := syscall.Connect(fd, &to); err != nil {
		b.Fatal(err)
	}
	askAgain(b, fd, addr, technique)
	return fd
}

// askAgain asks for a technique, parameters and all, on a connection that there is.
func askAgain(b testing.TB, fd int, addr *net.TCPAddr, technique string) {
	b.Helper()
	upgrade := ""
	if strings.HasPrefix(technique, "websocket") {
		upgrade = handshake
	}
	if _, err := syscall.Write(fd, fmt.Appendf(nil, "GET /api/v1/%s HTTP/1.1\r\nHost: %s\r\n%s\r\n", technique, addr, upgrade)); err != nil {
		b.Fatal(err)
	}
}

// discard reads what has arrived.
func discard(fd int) {
	var buf [64 << 10]byte
	for {
		if n, _, err := syscall.Recvfrom(fd, buf[:], syscall.MSG_DONTWAIT); n <= 0 || err != nil {
			return
		}
	}
}
