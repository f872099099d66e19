// Package problem is how every URL of the API says no: RFC 9457 problem details that name what was wrong and what is
// allowed instead, in words for a person and in fields for a program.
package problem

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// ContentType is RFC 9457's (section 6.1).
const ContentType = "application/problem+json"

// A Problem is one refused request.
type Problem struct {
	Title     string   `json:"title"` // the status in words
	Status    int      `json:"status"`
	Detail    string   `json:"detail"`              // what is wrong here
	Parameter string   `json:"parameter,omitempty"` // which part of the request it was
	Allowed   []string `json:"allowed,omitempty"`   // what could stand there instead, each in words
}

// New is a problem with a status and a sentence.
func New(status int, detail string) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: detail}
}

// Bad is a 400 that blames one parameter.
func Bad(parameter, detail string, allowed ...string) *Problem {
	p := New(http.StatusBadRequest, detail)
	p.Parameter, p.Allowed = parameter, allowed
	return p
}

func (p *Problem) Error() string {
	s := p.Detail
	if p.Parameter != "" {
		s = p.Parameter + ": " + s
	}
	if len(p.Allowed) > 0 {
		s += " (allowed: " + strings.Join(p.Allowed, ", ") + ")"
	}
	return s
}

// Send answers the request with the problem.
func (p *Problem) Send(c *fiber.Ctx) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, ContentType)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Status(p.Status).Send(append(body, '\n'))
}
