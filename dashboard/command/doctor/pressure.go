package doctor

import (
	"errors"
	"io/fs"
)

// pressure: does the kernel tell how much of the time work stands still? (PSI, since Linux 4.20)
func pressure(h *Host) Finding {
	_, err := h.proc("pressure", "memory")
	switch {
	case err == nil:
		return ok("the kernel tells of pressure (PSI)")
	case errors.Is(err, fs.ErrPermission):
		return warn("pressure (PSI) may not be read", "is this a container with a /proc of its own? HOST_PROC names the host's")
	}
	return warn("the kernel tells nothing of pressure (PSI)", "boot it with psi=1, or use one with CONFIG_PSI")
}
