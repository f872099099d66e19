package doctor

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
)

// address: can what --listen names be opened?
func address(h *Host) Finding {
	err := h.Bind(h.Listen)
	switch {
	case err == nil:
		return ok(h.Listen + " is free")
	case errors.Is(err, syscall.EADDRINUSE) && h.Well() == nil:
		return ok("a fivewire answers on " + h.Listen)
	case errors.Is(err, syscall.EADDRINUSE) && strings.HasPrefix(h.Listen, "unix:"):
		return fail("somebody listens on "+h.Listen, "is it another fivewire? ss -xlp says who; or say another --listen")
	case errors.Is(err, syscall.EADDRINUSE):
		return fail(h.Listen+" is in use", "is it another fivewire? ss -ltnp says who; or say --listen with another port, 0 for any")
	case errors.Is(err, fs.ErrPermission):
		return fail(h.Listen+" may not be opened: "+err.Error(), "a port of 1024 or more, or a socket of the service manager: fivewire install")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fail(h.Listen+" is no address of this machine", "ip address says which it has")
	}
	return fail(h.Listen+" cannot be opened: "+err.Error(), "--listen says where, see fivewire --help")
}
