package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/fault"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// mostAskedFor is how many viewers one may ask for at a time: a page has a lane each.
const mostAskedFor = 32

// faultRow is one fault in force, or that was.
type faultRow struct {
	Viewer    string      `json:"viewer,omitempty"` // its id for who knows it, "#" and a short hash for others
	Technique string      `json:"technique,omitempty"`
	Fault     fault.Fault `json:"fault"`
	Names     []string    `json:"names"`
	Since     int64       `json:"since"` // Unix milliseconds
	Until     int64       `json:"until"`
}

// getFaults is what is broken on purpose, for whom and for how long, or was until a few seconds ago, and what is inside the middlebox now.
func (d *Dashboard) getFaults(c *fiber.Ctx) error {
	var known []string
	if text := string([]byte(c.Query("viewer"))); text != "" {
		known = strings.Split(text, ",")
	}
	if len(known) > mostAskedFor {
		return problem.Bad("viewer", fmt.Sprintf("%d viewers are too many at a time", len(known)), fmt.Sprintf("up to %d ids, separated by commas", mostAskedFor)).Send(c)
	}
	for _, id := range known {
		if p := transport.CheckViewer(id); p != nil {
			return p.Send(c)
		}
	}
	return d.sendFaults(c, known)
}

func (d *Dashboard) sendFaults(c *fiber.Ctx, known []string) error {
	if d.visitor(c).redacted() { // guests are served apart, where nothing is broken
		inside := make(map[string]fault.Inside)
		for _, id := range known {
			inside[id] = fault.Inside{}
		}
		return sendJSON(c, map[string]any{"faults": []faultRow{}, "over": []faultRow{}, "inside": inside, "all": fault.Inside{}})
	}
	if transport.Middlebox(c.Context().Conn()) == nil {
		return noMiddlebox().Send(c)
	}
	book := d.transports.Faults()
	rows := func(entries []fault.Entry) []faultRow {
		rows := make([]faultRow, 0, len(entries))
		for _, e := range entries {
			row := faultRow{e.Scope.Viewer, e.Scope.Technique, e.Fault, e.Fault.Names(), e.Since.UnixMilli(), e.Until.UnixMilli()}
			if row.Viewer != "" && !slices.Contains(known, row.Viewer) {
				row.Viewer = "#" + transport.Short(row.Viewer)
			}
			rows = append(rows, row)
		}
		return rows
	}
	inside := make(map[string]fault.Inside)
	for _, id := range known {
		inside[id] = book.Inside(fault.Scope{Viewer: id})
	}
	return sendJSON(c, map[string]any{"faults": rows(book.List()), "over": rows(book.Over()), "inside": inside, "all": book.Inside(fault.Scope{})})
}

// noMiddlebox is said where connections are accepted by somebody else.
func noMiddlebox() *problem.Problem {
	return problem.New(fiber.StatusConflict, "this connection was accepted by the program that the dashboard is a part of, so nothing can be put into it: "+
		"faults are for a fivewire that serves itself")
}

const (
	faultForm   = `{"viewer":"ID","technique":"sse","fault":{"delay":"300ms"},"lifetime":"5m"}; without viewer and technique everybody is meant, and null takes a fault away`
	clearForm   = `{"clear":true} takes all away`
	restartForm = `{"restart":true} begins a new epoch`
)

// postFaults breaks something on purpose, or mends it.
func (d *Dashboard) postFaults(c *fiber.Ctx) error {
	var in struct {
		Viewer    string          `json:"viewer"`
		Technique string          `json:"technique"`
		Fault     json.RawMessage `json:"fault"`
		Lifetime  string          `json:"lifetime"`
		Clear     bool            `json:"clear"`
		Restart   bool            `json:"restart"`
	}
	if p := readJSON(c, &in); p != nil {
		return p.Send(c)
	}
	if in.Restart { // needs no middlebox: it is the hub that forgets
		if in.Clear || in.Fault != nil || in.Viewer != "" || in.Technique != "" || in.Lifetime != "" {
			return problem.Bad("restart", "concerns everybody, and goes alone", restartForm).Send(c)
		}
		d.log.Info("the lab begins a new epoch")
		d.hub.Restart()
		return c.SendStatus(fiber.StatusNoContent)
	}
	if transport.Middlebox(c.Context().Conn()) == nil {
		return noMiddlebox().Send(c)
	}
	var known []string
	if in.Viewer != "" {
		if p := transport.CheckViewer(in.Viewer); p != nil {
			return p.Send(c)
		}
		known = []string{in.Viewer}
	}
	if in.Technique != "" && !slices.Contains(techniqueNames(), in.Technique) {
		return problem.Bad("technique", "there is no technique of this name", techniqueNames()...).Send(c)
	}
	scope := fault.Scope{Viewer: in.Viewer, Technique: in.Technique}
	book := d.transports.Faults()
	switch {
	case in.Clear && (in.Fault != nil || scope != fault.Scope{} || in.Lifetime != ""):
		return problem.Bad("clear", "concerns everybody, and goes alone", clearForm).Send(c)
	case in.Clear:
		d.log.Info("the lab mends what it broke", "faults", book.ClearAll())
	case in.Fault == nil:
		return problem.Bad("fault", "is missing", faultForm, clearForm, restartForm).Send(c)
	case string(in.Fault) == "null":
		book.Clear(scope)
	default:
		if p := d.breaks(scope, in.Fault, in.Lifetime); p != nil {
			return p.Send(c)
		}
	}
	return d.sendFaults(c, known)
}

// breaks puts a fault in force.
func (d *Dashboard) breaks(scope fault.Scope, text json.RawMessage, life string) *problem.Problem {
	f, err := fault.Parse(text)
	var field *fault.FieldError
	if errors.As(err, &field) {
		return problem.Bad(field.Field, field.Detail, field.Allowed...)
	}
	lifetime := time.Duration(0)
	if life != "" {
		if lifetime, err = time.ParseDuration(life); err != nil || lifetime < time.Second || lifetime > time.Hour {
			return problem.Bad("lifetime", "that is not how long a fault may last", "1s to 1h", "nothing: leave it out, for 5m")
		}
	}
	e, err := d.transports.Faults().Set(scope, f, lifetime)
	if err != nil {
		return problem.New(fiber.StatusConflict, err.Error())
	}
	who := "everybody"
	if scope.Viewer != "" {
		who = transport.Short(scope.Viewer)
	}
	d.log.Info("the lab breaks something on purpose", "viewer", who, "technique", scope.Technique, "fault", strings.Join(f.Names(), ", "), "until", e.Until)
	return nil
}
