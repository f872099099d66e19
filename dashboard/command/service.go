package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard"
)

// socketName is what a socket is called that is ours among several: FileDescriptorName=fivewire in its unit. Without
// that line the name is the unit's.
const socketName = "fivewire"

// A Service is this program as systemd sees it: who gives it a socket, and is told how it goes. Where there is no
// systemd, or it wants to know nothing, its methods do nothing. The protocols are sd_listen_fds(3) and sd_notify(3).
type Service struct {
	Logger *slog.Logger
}

// Listen is the socket that this program was started with, or what address names where it was started without one. A
// socket that was given stays open where it comes from: whoever connects while this program is being started anew waits,
// and is not refused.
func (s Service) Listen(address string) (ln net.Listener, url string, err error) {
	given, err := activation.ListenersWithNames()
	if err != nil {
		return nil, "", fmt.Errorf("sockets of the service manager: %w", err)
	}
	ln, err = choose(given)
	if err != nil {
		return nil, "", err
	}
	if ln == nil {
		ln, url, err := dashboard.Listen(address)
		return ln, url, hinted(address, err)
	}
	s.Logger.Info("listening on the socket that the service manager opened, not on --listen", "address", ln.Addr().String())
	return ln, dashboard.URL(ln.Addr()), nil
}

// hinted is why an address cannot be opened, with what to do about it.
func hinted(address string, err error) error {
	hint := "--listen says where, see --help"
	switch {
	case err == nil:
		return nil
	case errors.Is(err, dashboard.ErrListening):
		hint = "is it another fivewire? fivewire health --listen " + address + " asks it; or say another --listen"
	case errors.Is(err, syscall.EADDRINUSE) && strings.HasPrefix(address, "unix:"):
		hint = "something that is no socket, or somebody's socket, has this name; say --listen with another"
	case errors.Is(err, syscall.EADDRINUSE):
		hint = "--listen 127.0.0.1:0 picks a free port"
	}
	return fmt.Errorf("%w (hint: %s)", err, hint)
}

// choose picks the one socket there is, or the one of our name among several, and closes the others. None at all is nil.
func choose(given map[string][]net.Listener) (net.Listener, error) {
	var all, named []net.Listener
	for _, name := range slices.Sorted(maps.Keys(given)) {
		all = append(all, given[name]...)
		if strings.TrimSuffix(name, ".socket") == socketName {
			named = append(named, given[name]...)
		}
	}
	switch {
	case len(all) == 0:
		return nil, nil
	case len(all) == 1:
		return all[0], nil
	case len(named) == 1:
		for _, ln := range all {
			if ln != named[0] {
				ln.Close()
			}
		}
		return named[0], nil
	}
	for _, ln := range all {
		ln.Close()
	}
	return nil, fmt.Errorf("the service manager gave %d sockets, named %s, and one is wanted (hint: a socket unit with one ListenStream=, or FileDescriptorName=%s)",
		len(all), strings.Join(slices.Sorted(maps.Keys(given)), ", "), socketName)
}

// Started is sink, and tells when it has been given the first snapshot: what comes after this program in the boot finds
// something to see.
func (s Service) Started(sink func(collector.Snapshot)) func(collector.Snapshot) {
	var once sync.Once
	return func(snapshot collector.Snapshot) {
		sink(snapshot)
		once.Do(func() { s.tell(daemon.SdNotifyReady) })
	}
}

// Watch reassures the watchdog, twice as often as it asks for, as long as healthy says nil. It returns when ctx ends,
// which it tells, or at once where there is no watchdog.
func (s Service) Watch(ctx context.Context, healthy func() error) {
	context.AfterFunc(ctx, func() { s.tell(daemon.SdNotifyStopping) })
	within, err := daemon.SdWatchdogEnabled(true)
	if err != nil {
		s.Logger.Warn("no watchdog", "error", err)
	}
	if within <= 0 {
		return
	}
	ticker := time.NewTicker(within / 2)
	defer ticker.Stop()
	for well := true; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := healthy()
		if err == nil {
			s.tell(daemon.SdNotifyWatchdog)
		} else if well {
			s.Logger.Error("the watchdog is not reassured", "error", err)
		}
		well = err == nil
	}
}

// Reloading tells that the configuration is being read again, until the function that it returns is called.
func (s Service) Reloading() (done func()) {
	s.tell(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
	return func() { s.tell(daemon.SdNotifyReady) }
}

func (s Service) tell(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.Logger.Warn("the service manager was not told", "state", strings.TrimSpace(state), "error", err)
	}
}
