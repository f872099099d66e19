//go:build linux

package dashboard

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkHeld holds viewers and tells what each costs: bytes of heap and of stacks, and goroutines. One operation is
// one message to all of them.
func BenchmarkHeld(b *testing.B) {
	for _, technique := range []string{"streaming", "sse", "websocket"} {
		b.Run(technique, func(b *testing.B) { benchmarkHeld(b, technique, 2000) })
	}
}

func benchmarkHeld(b *testing.B, technique string, viewers int) {
	ln, _, err := Listen("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	d := New(Config{})
	s := serveOn(b, d, ln, "", "")
	s.publish(1)
	before := inUse()
	goroutines := runtime.NumGoroutine()
	conns := make([]int, viewers)
	for i := range conns {
		conns[i] = heldViewer(b, ln.Addr().(*net.TCPAddr), technique)
	}
	for deadline := time.Now().Add(10 * time.Second); d.hub.Stats().Delivered < uint64(viewers); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatalf("%d of %d viewers are there", d.hub.Stats().Delivered, viewers)
		}
	}
	held := inUse()
	b.ResetTimer()
	for range b.N {
		want := d.hub.Stats().Delivered + uint64(viewers)
		s.publish(1)
		for d.hub.Stats().Delivered < want {
			time.Sleep(100 * time.Microsecond)
		}
		b.StopTimer()
		for _, fd := range conns {
			discard(fd)
		}
		b.StartTimer()
	}
	b.StopTimer()
	b.ReportMetric(float64(held-before)/float64(viewers), "B/viewer")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines), "goroutines")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(viewers), "ns/delivery")
	for _, fd := range conns {
		syscall.Close(fd)
	}
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
	upgrade := ""
	if strings.HasPrefix(technique, "websocket") {
		upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	}
	if _, err := syscall.Write(fd, fmt.Appendf(nil, "GET /api/v1/%s HTTP/1.1\r\nHost: %s\r\n%s\r\n", technique, addr, upgrade)); err != nil {
		b.Fatal(err)
	}
	return fd
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
