package crowd

import (
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Viewers that take all the descriptors there are leave those that the report is read with. It is a process of its own that
// has so few.
func TestFewDescriptors(t *testing.T) {
	if testing.Short() {
		t.Skip("starts other programs")
	}
	const server, few = "CROWD_TEST_SERVER_OF_MANY", 64
	for _, name := range []string{"native", "portable"} {
		t.Run(name, func(t *testing.T) {
			url := os.Getenv(server)
			if url == "" {
				t.Parallel()
				_, url = serve(t, func(_ int, conn net.Conn, ask func() string) {
					if ask() == "" {
						return
					}
					io.WriteString(conn, sseHead)
					for seq := 1; ; seq++ {
						if _, err := io.WriteString(conn, event(seq, "")); err != nil {
							return
						}
						time.Sleep(10 * time.Millisecond)
					}
				})
				cmd := exec.Command(os.Args[0], "-test.run=^TestFewDescriptors$/^"+name+"$", "-test.v")
				cmd.Env = append(os.Environ(), server+"="+url)
				out, err := cmd.CombinedOutput()
				t.Logf("%s", out)
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: few, Max: few}); err != nil {
				t.Fatal(err)
			}
			r := must(t, Config{URL: url, Technique: "sse", Viewers: 2 * few, Duration: time.Second, PIDs: []int{os.Getpid()}, portable: name == "portable"})
			if r.Held == 0 || r.Held >= few || r.Errors[noDescriptors] == 0 {
				t.Errorf("%d are held, errors %v: want less than %d, and others without a descriptor", r.Held, r.Errors, few)
			}
			for name, p := range map[string]*Process{"client": &r.Client, "server": r.Server} {
				if p.CPUMicroseconds <= 0 || p.MemoryHeld <= 0 || name == "server" && p.MemoryAfter <= 0 {
					t.Errorf("the %s's cost is %+v: want all of it known", name, *p)
				}
			}
		})
	}
}
