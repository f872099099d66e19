package dashboard

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// With so few descriptors that reading the host takes them all nothing is started, rather than to answer nobody.
func TestFewDescriptors(t *testing.T) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	if before.Cur < FewestDescriptors {
		t.Skipf("there are %d", before.Cur)
	}
	if err := CheckDescriptors(); err != nil {
		t.Errorf("with %d: %v", before.Cur, err)
	}
	few := before
	few.Cur = FewestDescriptors - 1
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	err := CheckDescriptors()
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	if err == nil || !strings.Contains(err.Error(), "LimitNOFILE") {
		t.Errorf("with one too few: %v", err)
	}
}

// A poll that cannot be parked, because its connection would need a second descriptor for a moment, is answered all the same,
// when there is something to say, and told that its connection ends with that; what it was answered is on its account.
func TestParkingWithoutDescriptors(t *testing.T) {
	s := open(t, Config{Hold: time.Minute}, "")
	s.publish(1)
	s.get("api/v1/longpolling?after=" + s.cursor(0)) // what parking takes is there from then on
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	none := before
	none.Cur = 3
	for seq, viewer := range []string{"ann", "bob"} { // who is behind, and who has to wait
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		ask := func(path string) { fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, s.addr) }
		answered := func() *http.Response {
			t.Helper()
			r, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil || r.StatusCode != 200 {
				t.Fatalf("%s: got %d, %v", viewer, r.StatusCode, err)
			}
			return r
		}
		ask("/healthz") // it is accepted
		answered()
		func() {
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
				t.Fatal(err)
			}
			defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)
			ask("/api/v1/longpolling?viewer=" + viewer + "&after=" + s.cursor(seq))
			if viewer == "bob" {
				eventually(t, "it waits", func() bool { return len(s.transports.Viewers.List()) == 1 })
				s.publish(1)
			}
			if r := answered(); !r.Close {
				t.Errorf("%s is not told that the connection ends", viewer)
			}
		}()
		if _, err := in.ReadByte(); err != io.EOF {
			t.Errorf("behind the answer: got %v, want the end: it was not parked", err)
		}
		eventually(t, "the message is on its account", func() bool {
			f := s.transports.Viewers.Wire(viewer)["longpolling"]
			return f.Messages == 1 && f.Bytes.Out.Payload > 0 && f.Bytes.Out.Head > 0
		})
	}
	eventually(t, "nobody is held", func() bool { return len(s.transports.Viewers.List()) == 0 })
	if ended := s.transports.Viewers.Ended()["longpolling"]; len(ended) > 0 {
		t.Errorf("they ended as %v, and not by themselves", ended)
	}
}
