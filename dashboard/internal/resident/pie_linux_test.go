package resident

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A program that may be loaded at any address, as distributions build theirs, has pages that were written to at its start
// and look as if they never were.
func TestReleaseAnywhere(t *testing.T) {
	const mark = "RESIDENT_ANYWHERE"
	if os.Getenv(mark) != "" {
		t.Skip("this is the one that the other has built")
	}
	if testing.Short() {
		t.Skip("it builds a program")
	}
	program := filepath.Join(t.TempDir(), "anywhere.test")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-buildmode=pie", "-o", program, ".").CombinedOutput(); bytes.Contains(out, []byte("not supported")) {
		t.Skipf("there are no such programs on this architecture: %s", out)
	} else if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.CommandContext(t.Context(), program, "-test.run=^TestRelease$", "-test.count=3")
	run.Env = append(os.Environ(), mark+"=1")
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%.2000s", err, out)
	}
}
