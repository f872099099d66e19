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
	var heard []string // since the last step
	hear := func(parts ...string) {
		t.Helper()
		late := time.After(10 * time.Second)
		for {
			select {
			case line := <-lines:
				heard = append(heard, line)
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
	restart := []string{"level=WARN", "need a restart", "lab"}
	for _, step := range []struct {
		content string
		hear    [][]string
		unsaid  string
	}{
		{"log-level: info\nlab: off\n", [][]string{restart}, ""},
		{"log-level: nonsense\n", [][]string{{"level=ERROR", "as it was", "fw.yaml:1: log-level"}}, ""},
		{"log-level: debug\nlab: off\n", [][]string{{"level=INFO", "read again", "changed=[log-level]"}, restart}, ""}, // still
		{"log-level: debug\n", [][]string{{"level=INFO", "read again", "changed=[]"}}, ""},                             // as it was at the start
		{"log-level: info\n", [][]string{{"level=INFO", "read again", "changed=[log-level]"}}, "need a restart"},
	} {
		heard = nil
		write(step.content)
		if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		for _, parts := range step.hear {
			hear(parts...)
		}
		if said := strings.Join(heard, "\n"); step.unsaid != "" && strings.Contains(said, step.unsaid) {
			t.Errorf("the log says %q:\n%s", step.unsaid, said)
		}
	}
	if took := s.stop(syscall.SIGTERM); took > 3*time.Second {
		t.Errorf("the end took %v", took)
	}
	theirs.Close()
}
