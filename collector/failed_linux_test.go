package collector

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// fakeBus answers on a socket below a root as the system's bus does: the login, and each call as answer says.
func fakeBus(t *testing.T, answer func(member string, call, reply *dbus.Message)) roots {
	t.Helper()
	return listenBus(t, func(conn net.Conn) { serveBus(conn, answer) })
}

// listenBus serves one connection after the other on the socket of a bus.
func listenBus(t *testing.T, serve func(net.Conn)) roots {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "run/dbus"), 0o755); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("unix", filepath.Join(root, busSocket))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		ln.Close()
		<-ended
	})
	go func() {
		defer close(ended)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			serve(conn)
			conn.Close()
		}
	}()
	return roots{root: root}
}

func serveBus(conn net.Conn, answer func(member string, call, reply *dbus.Message)) {
	in := bufio.NewReader(conn)
	in.ReadByte() // credentials
	for line := ""; !strings.HasPrefix(line, "BEGIN"); {
		var err error
		if line, err = in.ReadString('\n'); err != nil {
			return
		}
		switch {
		case strings.TrimSpace(line) == "AUTH":
			fmt.Fprint(conn, "REJECTED EXTERNAL\r\n")
		case strings.HasPrefix(line, "AUTH EXTERNAL"):
			fmt.Fprint(conn, "OK 0123456789abcdef0123456789abcdef\r\n")
		case strings.HasPrefix(line, "NEGOTIATE"):
			fmt.Fprint(conn, "ERROR\r\n")
		}
	}
	for {
		call, err := dbus.DecodeMessage(in)
		if err != nil {
			return
		}
		member, _ := call.Headers[dbus.FieldMember].Value().(string)
		reply := &dbus.Message{Type: dbus.TypeMethodReply, Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldReplySerial: dbus.MakeVariant(call.Serial()), dbus.FieldSender: dbus.MakeVariant("org.freedesktop.DBus")}}
		if member == "Hello" {
			reply.Body = []any{":1.7"}
		} else {
			answer(member, call, reply)
		}
		if len(reply.Body) > 0 {
			reply.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(reply.Body...))
		}
		if reply.EncodeTo(conn, binary.LittleEndian) != nil {
			return
		}
	}
}

func TestFailedUnits(t *testing.T) {
	row := func(name, active string) listedUnit {
		return listedUnit{Name: name, Active: active, Path: "/u", JobPath: "/"}
	}
	r := fakeBus(t, func(member string, call, reply *dbus.Message) {
		if states, _ := call.Body[0].([]string); member != "ListUnitsFiltered" || !slices.Equal(states, []string{"failed"}) {
			t.Errorf("asked %s %v", member, call.Body)
		}
		reply.Body = []any{[]listedUnit{row("nightly.service", "failed"), row("backup.service", "failed"), row("well.service", "active")}}
	})
	for range 2 {
		part, err := newFailedReader(r).read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var s Snapshot
		part.AddTo(&s)
		if s.FailedUnits.Total != 2 || !slices.Equal(s.FailedUnits.Names, []string{"backup.service", "nightly.service"}) {
			t.Errorf("got %+v", s.FailedUnits)
		}
	}
}

func TestFailedUnitsMissing(t *testing.T) {
	if _, err := newFailedReader(roots{root: t.TempDir()}).read(context.Background()); !isMissing(err) {
		t.Errorf("without a bus: %v, want it missing", err)
	}
	refuse := func(name string) roots {
		return fakeBus(t, func(_ string, _, reply *dbus.Message) {
			reply.Type = dbus.TypeError
			reply.Headers[dbus.FieldErrorName] = dbus.MakeVariant(name)
			reply.Body = []any{"no"}
		})
	}
	if _, err := newFailedReader(refuse("org.freedesktop.DBus.Error.ServiceUnknown")).read(context.Background()); !isMissing(err) {
		t.Errorf("without systemd: %v, want it missing", err)
	}
	if _, err := newFailedReader(refuse("org.freedesktop.DBus.Error.AccessDenied")).read(context.Background()); err == nil || isMissing(err) {
		t.Errorf("refused: %v, want an error", err)
	}
}

// A bus does not let in who has no name there: that is not here. No answer is a fault, and so is no socket to ask on.
func TestFailedUnitsNotLetIn(t *testing.T) {
	until := func(line, answer string) roots {
		return listenBus(t, func(conn net.Conn) {
			for in := bufio.NewScanner(conn); in.Scan(); {
				switch {
				case strings.HasPrefix(in.Text(), line):
					fmt.Fprint(conn, answer)
					return
				case strings.HasPrefix(in.Text(), "AUTH EXTERNAL"):
					fmt.Fprint(conn, "OK 0123456789abcdef0123456789abcdef\r\n")
				case strings.HasPrefix(in.Text(), "NEGOTIATE"):
					fmt.Fprint(conn, "ERROR\r\n")
				default:
					fmt.Fprint(conn, "REJECTED EXTERNAL\r\n")
				}
			}
		})
	}
	for _, tt := range []struct{ name, line, answer string }{
		{"ended at the login", "AUTH EXTERNAL", ""},
		{"refused at the login", "AUTH EXTERNAL", "REJECTED EXTERNAL\r\n"},
		{"ended at the greeting", "BEGIN", ""},
	} {
		if _, err := newFailedReader(until(tt.line, tt.answer)).read(t.Context()); !isMissing(err) {
			t.Errorf("%s: %v, want it missing", tt.name, err)
		}
	}
	silent := listenBus(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := newFailedReader(silent).read(ctx); err == nil || isMissing(err) {
		t.Errorf("silent: %v, want an error", err)
	}
	long := roots{root: "/" + strings.Repeat("a", 200)} // longer than an address of a socket may be
	if _, err := newFailedReader(long).read(t.Context()); err == nil || isMissing(err) {
		t.Errorf("no socket can be had: %v, want an error", err)
	}
}
