package transport

import (
	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
)

// passKey is where a handler in front leaves whose request it is.
type passKey struct{}

// Bear says whose pass a request came with. What is held for it ends with that pass: see Expel.
func Bear(c *fiber.Ctx, pass *auth.Pass) { c.Locals(passKey{}, pass) }

func passOf(c *fiber.Ctx) *auth.Pass {
	pass, _ := c.Locals(passKey{}).(*auth.Pass)
	return pass
}

// Expel ends what is held for passes that are no longer alive, in each technique's own words. A parked connection is
// judged with its next request.
func (s *Server) Expel() {
	v := s.Viewers
	ended := false
	v.mu.Lock()
	v.all(func(h *holding) { ended = v.judge(h) || ended })
	v.mu.Unlock()
	if ended {
		s.hub.Wake() // once: it takes as long as to publish
	}
}

// judge ends a holding whose pass has ended, and tells whether it has.
func (v *Viewers) judge(h *holding) (ended bool) {
	if v.alive(h.pass) {
		return false
	}
	h.sub.End()
	return true
}
