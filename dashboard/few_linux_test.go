package dashboard

import (
	"strings"
	"syscall"
	"testing"
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
