//go:build unix

package history

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A child that has been forked and has not begun its program yet has what its parent has open.
func TestUnlock(t *testing.T) {
	path := filepath.Join(t.TempDir(), lockName)
	lock, err := lockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	child, err := unix.Dup(int(lock.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(child)
	if _, err := lockFile(path); err != errInUse {
		t.Errorf("locked: got %v, want %v", err, errInUse)
	}
	if err := unlockFile(lock); err != nil {
		t.Fatal(err)
	}
	again, err := lockFile(path)
	if err != nil {
		t.Fatalf("unlocked: %v", err)
	}
	if err := unlockFile(again); err != nil {
		t.Error(err)
	}
}
