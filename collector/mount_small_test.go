package collector

import "testing"

// Only in a directory of the system is a small filesystem in memory the system's own.
func TestSmallMemoryIsShown(t *testing.T) {
	for path, want := range map[string]hideReason{
		"/run/lock": hiddenSystem, "/dev/x": hiddenSystem, "/run": hiddenSystem,
		"/mnt/x": notHidden, "/": notHidden, "/srv/cache": notHidden, "/runner": notHidden,
	} {
		if got := (mount{path: path, fstype: "tmpfs"}).hideAsked(true, usage{total: 1 << 20}, nil); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	if got := (mount{path: "/run/user/1000", fstype: "tmpfs"}).hideAsked(true, usage{total: 1 << 30}, nil); got != notHidden {
		t.Errorf("a large one: got %v", got)
	}
}
