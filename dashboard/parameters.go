package dashboard

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/meant"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// anyParameter in a row says that more may stand in the query than is read.
const anyParameter = "*"

// parameters are what may stand in a URL's query, as its row says. Who misspells one shall not get an answer to another
// question; nor shall who says one twice, for a proxy, a log and we would take that in different ways.
type parameters struct {
	names  []string
	others bool
}

func parametersOf(takes string) parameters {
	names := strings.Fields(takes)
	others := slices.Index(names, anyParameter)
	if others < 0 {
		return parameters{names, false}
	}
	return parameters{slices.Delete(names, others, others+1), true}
}

// check is what is wrong with a query; nil for nothing. Every poll that is not parked comes through here.
func (p parameters) check(c *fiber.Ctx) *problem.Problem {
	if len(c.Request().URI().QueryString()) == 0 || p.others && len(p.names) == 0 {
		return nil
	}
	seen := uint64(0) // by the place in names
	for name := range c.Context().QueryArgs().All() {
		i := 0
		for i < len(p.names) && p.names[i] != string(name) {
			i++
		}
		switch bit := uint64(1) << i; {
		case i == len(p.names) && (p.others || addedOnTheWay(name)):
		case i == len(p.names):
			return p.unknown(string(name))
		case seen&bit != 0:
			return problem.Bad(p.names[i], "this parameter stands there twice", "once")
		default:
			seen |= bit
		}
	}
	return nil
}

// addedOnTheWay tells whether a parameter is nobody's mistake: scripts put one there against caches (_=1732838400, or the
// number alone), stand-ins for EventSource say there where they were, gateways pass on the key that they have read, links pick up
// who led to them (utm_source=, fbclid=, msclkid=), and who makes a query of what is behind the # of one shows nobody anything.
func addedOnTheWay(name []byte) bool {
	if len(name) == 0 || name[0] == '_' || '0' <= name[0] && name[0] <= '9' || bytes.HasPrefix(name, []byte("utm_")) {
		return true
	}
	if bytes.HasSuffix(name, []byte("clid")) || bytes.HasSuffix(name, []byte("clkid")) {
		return true
	}
	switch string(name) {
	case "lastEventId", "key", "apikey", "token", "access_token", "k", "s":
		return true
	}
	return false
}

func (p parameters) unknown(name string) *problem.Problem {
	shown := name[:min(len(name), 64)]
	detail := "there is no parameter " + strconv.QuoteToASCII(shown) + " here"
	if near := meant.Of(name, p.names); near != "" {
		detail += ": want " + near + ", or none"
	}
	allowed := p.names
	if len(allowed) == 0 {
		allowed = []string{"nothing: leave it out"}
	}
	return problem.Bad(shown, detail, allowed...)
}
