//go:build unix

package e2e

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// SIGHUP: what can change does, what cannot is named, and what is wrong changes nothing and ends nothing.
func TestReload(t *testing.T) {
	program := needBinary(t)
	file := filepath.Join(t.TempDir(), "fw.yaml")
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("log-level: info\n")
	cmd := exec.Command(program, "--listen", "127.0.0.1:0", "--config", file)
	said, theirs := io.Pipe()
	cmd.Stderr = theirs
	lines := make(chan string, 100)
	go func() {
		for scanner := bufio.NewScanner(said); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	s := startCmd(t, cmd)
	s.ready()
	hear := func(parts ...string) {
		t.Helper()
		late := time.After(10 * time.Second)
		for {
			select {
			case line := <-lines:
				found := true
				for _, part := range parts {
					found = found && strings.Contains(line, part)
				}
				if found {
					return
				}
			case <-late:
				t.Fatalf("the log does not say %q", parts)
			}
		}
	}
	for _, step := range []struct {
		content string
		hear    []string
	}{
		{"log-level: info\nlab: off\n", []string{"level=WARN", "need a restart", "lab"}},
		{"log-level: nonsense\n", []string{"level=ERROR", "as it was", "fw.yaml:1: log-level"}},
		{"log-level: debug\nlab: off\n", []string{"level=INFO", "read again", "log-level"}},
	} {
		write(step.content)
		if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		hear(step.hear...)
	}
	if took := s.stop(syscall.SIGTERM); took > 3*time.Second {
		t.Errorf("the end took %v", took)
	}
	theirs.Close()
}
