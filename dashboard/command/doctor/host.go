package doctor

import (
	"cmp"
	"os"
	"path/filepath"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard"
)

// This is the host that this program runs on, or that HOST_PROC and its like name, for a fivewire that listens there and
// keeps its data there.
func This(listen, dataDir string) *Host {
	root := cmp.Or(os.Getenv("HOST_ROOT"), "/")
	h := &Host{
		Proc:      cmp.Or(os.Getenv("HOST_PROC"), filepath.Join(root, "proc")),
		Sys:       cmp.Or(os.Getenv("HOST_SYS"), filepath.Join(root, "sys")),
		Env:       os.Getenv,
		Root:      os.Geteuid() == 0,
		UID:       os.Geteuid(),
		CheckHost: collector.CheckHost,
		Listen:    listen,
		DataDir:   dataDir,
		Space:     space,
		Bind: func(address string) error {
			ln, _, err := dashboard.Listen(address)
			if err != nil {
				return err
			}
			return ln.Close()
		},
	}
	fill(h)
	return h
}
