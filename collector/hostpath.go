package collector

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// roots is where the host's files are: not where this process has its own when it runs in a container that is given
// the host's directories. Tests put a made-up host there.
type roots struct {
	proc, sys, etc, root string
}

// hostRoots takes HOST_PROC, HOST_SYS, HOST_ETC and HOST_ROOT from the environment, the names that gopsutil reads too,
// so that what it finds and what we find is one machine. With HOST_ROOT alone the other three are below it.
func hostRoots() roots {
	root := os.Getenv("HOST_ROOT")
	if root == "" {
		root = "/"
	}
	at := func(variable, below string) string {
		if dir := os.Getenv(variable); dir != "" {
			return dir
		}
		return filepath.Join(root, below)
	}
	return roots{proc: at("HOST_PROC", "proc"), sys: at("HOST_SYS", "sys"), etc: at("HOST_ETC", "etc"), root: root}
}

// CheckHost tells whether the directories that HOST_PROC, HOST_SYS, HOST_ETC and HOST_ROOT name are those of a host: an
// error names the one that is not. Without those variables there is nothing to check.
func CheckHost() error {
	for _, name := range []string{"HOST_PROC", "HOST_SYS", "HOST_ETC", "HOST_ROOT"} {
		dir := os.Getenv(name)
		if dir == "" {
			continue
		}
		if !filepath.IsAbs(dir) {
			return fmt.Errorf("%s=%s is not an absolute path", name, dir)
		}
		if stat, err := os.Stat(dir); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		} else if !stat.IsDir() {
			return fmt.Errorf("%s=%s is not a directory", name, dir)
		}
	}
	r := hostRoots()
	if stat, err := os.Stat(r.ofProc("stat")); runtime.GOOS == "linux" && (err != nil || !stat.Mode().IsRegular()) {
		return fmt.Errorf("%s is not a host's /proc: it has no file stat", r.proc)
	}
	return nil
}

// ofProc is a path below the host's /proc; the others likewise.
func (r roots) ofProc(elem ...string) string { return join(r.proc, elem) }
func (r roots) ofSys(elem ...string) string  { return join(r.sys, elem) }
func (r roots) ofEtc(elem ...string) string  { return join(r.etc, elem) }
func (r roots) ofRoot(elem ...string) string { return join(r.root, elem) }

func join(root string, elem []string) string { return filepath.Join(root, filepath.Join(elem...)) }

// isElsewhere: the host's /proc is not the one this process has.
func (r roots) isElsewhere() bool { return filepath.Clean(r.proc) != "/proc" }
