package dashboard

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// watched is how often the files are looked at.
const watched = 3 * time.Second

// watchFiles calls changed when one of the files has, or there is something in now, until ctx ends. A name that is "" is
// none.
func watchFiles(ctx context.Context, now <-chan os.Signal, names []string, changed func()) {
	before := stamps(names)
	tick := time.NewTicker(watched)
	defer tick.Stop()
	for {
		asked := false
		select {
		case <-tick.C:
		case <-now:
			asked = true
		case <-ctx.Done():
			return
		}
		if found := stamps(names); asked || found != before {
			before = found
			changed()
		}
	}
}

// stamps tell whether files are others than before: a file that was moved into another's place has another number, size
// or time, and one that may be read at last, or by fewer, another mode.
func stamps(names []string) string {
	var b strings.Builder
	for _, name := range names {
		if name == "" {
			continue
		}
		if info, err := os.Stat(name); err != nil {
			fmt.Fprintln(&b, "none")
		} else {
			fmt.Fprintln(&b, info.Size(), info.ModTime().UnixNano(), info.Mode(), inode(info))
		}
	}
	return b.String()
}
