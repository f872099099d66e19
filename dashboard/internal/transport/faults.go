package transport

import (
	"net"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/fault"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// HeaderFault names what was broken on purpose on the way of an answer, so that nobody takes it for a fault of ours.
const HeaderFault = "Fivewire-Fault"

// Faults is what is broken on purpose; nil without the lab.
func (s *Server) Faults() *fault.Book { return s.faults }

// Middlebox is the one in the connection that a request came by; nil where there is none: without the lab, and in a
// program that listens by itself.
func Middlebox(conn net.Conn) *fault.Conn {
	if m, ok := conn.(*meter.Conn); ok {
		box, _ := m.Conn.(*fault.Conn)
		return box
	}
	return nil
}

// Through has a request of a viewer, and its answer, pass what is broken on the viewer's way. technique is "" for a
// command. It returns when the request has arrived, and with a problem when it does not.
func (s *Server) Through(c *fiber.Ctx, viewer, technique string) *problem.Problem {
	conn := c.Context().Conn()
	box := Middlebox(conn)
	if box == nil || s.faults == nil {
		return nil
	}
	box.Bind(viewer, technique)
	if box.Bare() {
		if s.faults.Of(viewer, technique) == (fault.Fault{}) {
			return nil
		}
	} else {
		gone, stop := watch(conn)
		err := box.Arrive(gone, s.hub.Done())
		stop()
		if err != nil && !closed(s.hub) {
			c.Context().SetConnectionClose()
			return problem.New(fiber.StatusRequestTimeout, "the request was lost on its way") // nobody reads it
		}
	}
	if names := s.faults.Of(viewer, technique).Names(); len(names) > 0 {
		c.Set(HeaderFault, strings.Join(names, ", "))
	}
	return nil
}

func closed(h *hub.Hub) bool {
	select {
	case <-h.Done():
		return true
	default:
		return false
	}
}

// meets is Through for a technique's question: what is broken may be the question itself.
func (s *Server) meets(c *fiber.Ctx, technique string, r *request) *problem.Problem {
	if s.faults == nil {
		return nil
	}
	if p := s.Through(c, r.viewer, technique); p != nil {
		return p
	}
	box := Middlebox(c.Context().Conn())
	if box == nil {
		return nil
	}
	if refuse := s.faults.Of(r.viewer, technique).RefuseUpgrade; technique == "websocket" && refuse != nil && *refuse {
		for _, name := range []string{fiber.HeaderUpgrade, fiber.HeaderConnection, fiber.HeaderSecWebSocketKey} {
			c.Request().Header.Del(name) // as a proxy does that does not know them
		}
	}
	// Who is cut with this answer would never see the gap.
	if r.after != (hub.Cursor{}) && !box.Doomed() && s.faults.Forgets(r.viewer, technique) {
		r.after.Epoch = "forgotten" // longer than any of ours
	}
	return nil
}

// holds is for a question whose answer does not end.
func (s *Server) holds(c *fiber.Ctx, technique string, r request) {
	if box := Middlebox(c.Context().Conn()); box != nil {
		box.Hold(r.viewer, technique)
	}
}

// faulty tells whether a viewer's connections have to be more than descriptors.
func (s *Server) faulty(viewer, technique string) bool {
	return s.faults != nil && s.faults.Of(viewer, technique).OnTheWay()
}

// broken is called when something is, or no longer is: who is parked comes back to the server, and who is held by a
// descriptor and concerned goes on through a middlebox.
func (s *Server) broken() {
	s.Recall()
	s.reroute()
}

func (s *Server) reroute() {
	s.fanout.Reroute(func(o fanout.Owner) fanout.Through {
		viewer, technique, held := "", "", true
		switch o := o.(type) {
		case *holding:
			viewer, technique = o.viewer, o.words.Technique
		case *caller:
			viewer, technique, held = o.holding.viewer, o.technique(), false
		}
		if !s.faulty(viewer, technique) {
			return nil
		}
		return func(conn net.Conn) net.Conn {
			box := s.faults.Wrap(conn)
			box.Adopt(viewer, technique, held)
			return box
		}
	})
}
