package crowd

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"
)

// A viewer costs this program less than 8 KB, whichever engine drives it: heap and stacks, with all of them in and a
// message read. It is measured in a process of its own, as load is one: a goroutine's first stack is as large as stacks
// were before, and those of other tests are not those of viewers.
func TestViewerIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("starts another program")
	}
	const child = "CROWD_TEST_VIEWER"
	if os.Getenv(child) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestViewerIsSmall$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1")
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		if err != nil {
			t.Error(err)
		}
		return
	}
	both(t, func(t *testing.T, config Config) {
		const viewers = 400
		config.URL = serveBare(t, viewers+1)
		config.Viewers, config.Rate = viewers, 2000
		config.enough = func(c *crowd) bool { return c.tally.messages == viewers }
		must(t, config) // what is made once is there
		held := int64(0)
		config.URL = serveBare(t, viewers+1)
		config.enough = func(c *crowd) bool {
			if c.tally.messages < viewers {
				return false
			}
			held = inUse()
			return true
		}
		before := inUse()
		r := must(t, config)
		check(t, "held", r.Held, viewers)
		each := (held - before) / viewers
		t.Logf("a viewer costs %d bytes", each)
		if each > viewerMost {
			t.Errorf("a viewer costs %d bytes, want %d at most", each, viewerMost)
		}
	})
}

func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// serveBare is a server that sends one event to each of so many connections, and keeps nothing of them in this program's
// memory.
func serveBare(t *testing.T, connections int) (url string) {
	t.Helper()
	ln, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err == nil {
		err = syscall.Bind(ln, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err == nil {
		err = syscall.Listen(ln, connections)
	}
	if err != nil {
		t.Fatal(err)
	}
	address, err := syscall.Getsockname(ln)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		open := make([]int, 0, connections)
		defer func() {
			for _, fd := range open {
				syscall.Close(fd)
			}
		}()
		says := []byte(sseHead + event(1, ""))
		for {
			fd, _, err := syscall.Accept4(ln, syscall.SOCK_CLOEXEC)
			if err != nil {
				return
			}
			if open = append(open, fd); len(open) == 1 {
				continue // it only looks whether somebody is here
			}
			syscall.Write(fd, says) // what is asked is known
		}
	}()
	t.Cleanup(func() {
		syscall.Shutdown(ln, syscall.SHUT_RDWR)
		<-ended
		syscall.Close(ln)
	})
	return "http://127.0.0.1:" + strconv.Itoa(address.(*syscall.SockaddrInet4).Port) + "/"
}
