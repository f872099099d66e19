package transport

import (
	"fmt"
	"sync/atomic"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// A Room is how many may hold a connection, or have a long poll wait, at a time; Servers may share one. It is looked at
// when somebody asks: those who are shaking hands at that moment come on top. The nil Room is for everybody.
type Room struct {
	max  int64
	held atomic.Int64
}

// NewRoom is one for max; 0 for everybody.
func NewRoom(max int) *Room {
	if max <= 0 {
		return nil
	}
	return &Room{max: int64(max)}
}

// Full tells whether there is no place left.
func (r *Room) Full() bool { return r != nil && r.held.Load() >= r.max }

// Held is how many places are taken. Where everybody has one they are not counted.
func (r *Room) Held() int {
	if r == nil {
		return 0
	}
	return int(r.held.Load())
}

func (r *Room) add(n int64) {
	if r != nil {
		r.held.Add(n)
	}
}

// crowded refuses a question whose answer would be held, when there is no place for it.
func (s *Server) crowded(c *fiber.Ctx) *problem.Problem {
	room := s.config.Room
	if !room.Full() {
		return nil
	}
	c.Set(fiber.HeaderRetryAfter, retryAfter())
	p := problem.New(fiber.StatusServiceUnavailable, fmt.Sprintf("%d viewers hold a connection, which is all there may be; ask again later, or by polling, which holds none (hint: --max-viewers)", room.max))
	p.Allowed = []string{"polling"}
	return p
}
