package collector

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	// busSocket is where the system's bus is, below the root.
	busSocket = "run/dbus/system_bus_socket"
	// busPatience is how long an answer may take.
	busPatience = 5 * time.Second
)

// A failedReader asks systemd over the system's bus, as systemctl --failed does: no file tells it.
type failedReader struct {
	socket string
}

func newFailedReader(r roots) *failedReader {
	return &failedReader{socket: path.Join(r.root, busSocket)}
}

// A listedUnit is a row of systemd's answer, in the order of org.freedesktop.systemd1(5).
type listedUnit struct {
	Name, Description, Load, Active, Sub, Following string
	Path                                            dbus.ObjectPath
	Job                                             uint32
	JobType                                         string
	JobPath                                         dbus.ObjectPath
}

func (f *failedReader) read(ctx context.Context) (Part, error) {
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	// A connection each time: one that is held would hear of everybody who comes and goes on the bus.
	conn, err := dbus.Dial("unix:path="+dbus.EscapeBusAddressValue(f.socket), dbus.WithContext(ctx))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrPermission):
		return nil, notHere("no system bus to ask systemd on")
	case err != nil:
		return nil, fmt.Errorf("reach the system bus: %w", err)
	}
	defer conn.Close()
	// A bus that knows no user of our id ends the connection, now or at the greeting: so it is in a container.
	if err := conn.Auth(nil); err != nil {
		return nil, notLetIn(ctx, err)
	}
	if err := conn.Hello(); err != nil {
		return nil, notLetIn(ctx, err)
	}
	var list []listedUnit
	call := conn.Object("org.freedesktop.systemd1", "/org/freedesktop/systemd1").CallWithContext(ctx,
		"org.freedesktop.systemd1.Manager.ListUnitsFiltered", dbus.FlagNoAutoStart, []string{"failed"})
	if err := call.Store(&list); err != nil {
		var refused dbus.Error
		if errors.As(err, &refused) && (refused.Name == "org.freedesktop.DBus.Error.ServiceUnknown" || refused.Name == "org.freedesktop.DBus.Error.NameHasNoOwner") {
			return nil, notHere("no systemd on the system bus")
		}
		return nil, fmt.Errorf("ask systemd for failed units: %w", err)
	}
	return failedPart(list), nil
}

// notLetIn is for an error of the login, which is no fault unless there was no answer in time.
func notLetIn(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("log in to the system bus: %w", err)
	}
	return notHere("the system bus does not let this user ask")
}

// failedPart is what is shown of an answer.
func failedPart(list []listedUnit) Part {
	names := make([]string, 0, len(list))
	for _, u := range list {
		if u.Active == "failed" {
			names = append(names, u.Name)
		}
	}
	slices.Sort(names)
	failed := &FailedUnits{Total: len(names), Names: names[:min(len(names), mostFailed)]}
	return PartFunc(func(s *Snapshot) { s.FailedUnits = failed })
}
