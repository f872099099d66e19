package doctor

import (
	"fmt"
	"time"
)

// clock: is somebody keeping it right? Ages of messages are told by it in whoever's browser, and history by its time.
func clock(h *Host) Finding {
	synchronised, off, err := h.Clock()
	switch {
	case err != nil:
		return warn("the kernel does not tell whether the clock is kept right: "+err.Error(), "timedatectl says more")
	case !synchronised:
		return warn("nobody keeps the clock right", "run an NTP client: systemd-timesyncd, chrony; in a container the host's counts, and the kernel may just not be told")
	}
	return ok(fmt.Sprintf("the clock is kept right, to %v", off.Round(time.Microsecond)))
}
