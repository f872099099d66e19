package dashboard

import (
	"errors"
	"fmt"
	"math"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/accept"
	"github.com/fivewire/fivewire/dashboard/internal/crowd"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

const (
	fewestInCrowd = 10
	usualCrowd    = time.Minute // how long one stays if the request does not say
	// crowdMemory is what one viewer may take of the machine's memory, both ends, the kernel's and goroutines where
	// there is no epoll included: more than it does.
	crowdMemory = 64 << 10
	// crowdSpare descriptors are for everybody else. accept.Wrap keeps as many from viewers. So are as many of the places
	// that somebody has counted out, or a quarter of those if that is less.
	crowdSpare = 256
)

// observe tells the crowd what this process costs, as the collector's snapshot says.
func (d *Dashboard) observe(s *collector.Snapshot) {
	if d.crowd == nil || s.Self == nil {
		return
	}
	descriptors, known := s.Self.Descriptors.Get()
	if !known {
		descriptors = -1
	}
	sample := crowd.Sample{
		At: time.Now(), CPU: s.Self.Totals.CPUSeconds, Memory: s.Self.Memory, Goroutines: s.Self.Goroutines, Descriptors: descriptors,
	}
	for _, t := range d.transports.Viewers.Totals() {
		sample.Sent += t.Out
		sample.Messages += t.Messages
	}
	d.crowd.Observe(sample)
}

// crowdAt is where a process of this machine finds a dashboard that is served on an address; "" where none does.
func crowdAt(addr net.Addr, base string) string {
	tcp, ok := crowdFrom(addr).(*net.TCPAddr)
	if !ok {
		return "" // a Unix socket: the viewers know HTTP over TCP only
	}
	if base = strings.Trim(base, "/"); base != "" {
		base += "/"
	}
	return "http://" + net.JoinHostPort(tcp.IP.String(), strconv.Itoa(tcp.Port)) + "/" + base
}

// crowdFrom is the address that a process of this machine goes to, where somebody listens on addr, and comes from: the
// kernel gives it the one that it goes to.
func crowdFrom(addr net.Addr) net.Addr {
	if tcp, ok := addr.(*net.TCPAddr); ok && (tcp.IP == nil || tcp.IP.IsUnspecified()) {
		return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Port}
	}
	return addr
}

// An entrance is by what everybody comes in, and from where a crowd does.
type entrance struct {
	*accept.Listener
	crowd net.Addr
}

// crowdKey is how a crowd's viewers may look.
func (d *Dashboard) crowdKey() []string {
	if !d.config.Access.asks() {
		return nil
	}
	guard := d.config.Access.guard
	return []string{"FIVEWIRE_KEY=" + guard.Token(guard.Own(time.Now().Add(longestInCrowd)))}
}

// originForm is what viewers may say they are a page of: a scheme, a host, perhaps a port, and nothing else.
var originForm = regexp.MustCompile(`^https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$`)

// longestInCrowd is how long the pass of a crowd lasts: longer than one may stay.
const longestInCrowd = time.Hour

// A crowdAnswer is GET, POST and DELETE api/v1/load.
type crowdAnswer struct {
	crowd.State
	Most   int    `json:"most"`    // viewers that there may be now, of those that hold a connection
	MostBy string `json:"most_by"` // what bounds them, of crowdBounds
	Now    int64  `json:"now"`     // Unix milliseconds
}

func (d *Dashboard) crowdAnswer() crowdAnswer {
	most, by := d.mostInCrowd("")
	return crowdAnswer{State: d.crowd.State(), Most: most, MostBy: by, Now: time.Now().UnixMilli()}
}

// crowdBounds is what may bound a crowd, in words.
func crowdBounds() map[string]string {
	return map[string]string{
		"lab":         "the lab's own bound",
		"descriptors": "the descriptors that this process may have (ulimit -n)",
		"memory":      "the memory that is available",
		"container":   "the memory limit of this container",
		"viewers":     "how many may hold a connection (--max-viewers)",
		"connections": "how many connections there may be (--max-connections)",
		"address":     "how many connections one address may have (--max-connections-per-address)",
	}
}

// mostInCrowd is how many viewers on a technique this machine can bear and this server has places for, and what says so;
// "" is a technique that holds connections.
func (d *Dashboard) mostInCrowd(technique string) (most int, by string) {
	most, by = crowd.Most, "lab"
	bound := func(room float64, name string) {
		if n := int(max(min(room, math.MaxInt32), 0)); n < most {
			most, by = n, name
		}
	}
	places := func(all, taken int, name string) { bound(float64(all-taken-min(all/4, crowdSpare)), name) }
	config := &d.config
	if config.MaxViewers > 0 && technique != "polling" {
		places(config.MaxViewers, d.room.Held(), "viewers")
	}
	if e := d.entrance.Load(); e != nil {
		if config.MaxConnections > 0 {
			places(config.MaxConnections, e.Open(), "connections")
		}
		if taken, bounded := e.OpenOf(e.crowd); bounded {
			places(config.MaxPerAddress, taken, "address")
		}
	}
	newest := d.shown.Load()
	if newest == nil {
		return most, by
	}
	s := &newest.snapshot
	if s.Self != nil {
		open, known := s.Self.Descriptors.Get()
		limit, limited := s.Self.MaxDescriptors.Get()
		if known && limited {
			bound(limit-open-crowdSpare, "descriptors")
		}
	}
	if s.Memory != nil {
		bound(float64(s.Memory.Available)/2/crowdMemory, "memory")
	}
	if s.Container != nil {
		limit, limited := s.Container.MemoryLimit.Get()
		used, known := s.Container.WorkingSet.Get()
		if limited && known {
			bound((limit-used)/2/crowdMemory, "container")
		}
	}
	return most, by
}

// withCrowd is a handler that needs a crowd to be possible.
func (d *Dashboard) withCrowd(handle fiber.Handler) fiber.Handler {
	return d.inLab(func(c *fiber.Ctx) error {
		if d.crowd == nil {
			return problem.New(fiber.StatusNotFound, "there is no crowd here: the dashboard is part of a program that has not said how to run `fivewire load`").Send(c)
		}
		return handle(c)
	})
}

// getLoad is how the crowd is.
func (d *Dashboard) getLoad(c *fiber.Ctx) error { return sendJSON(c, d.crowdAnswer()) }

// deleteLoad ends it, if there is one.
func (d *Dashboard) deleteLoad(c *fiber.Ctx) error {
	d.crowd.Stop()
	return sendJSON(c, d.crowdAnswer())
}

// postLoad begins one.
func (d *Dashboard) postLoad(c *fiber.Ctx) error {
	var wanted struct {
		Technique string  `json:"technique"`
		Viewers   int     `json:"viewers"`
		Duration  *string `json:"duration"`
		CutEvery  *string `json:"cut_every"`
		Origin    *string `json:"origin"`
	}
	if p := readJSON(c, &wanted); p != nil {
		return p.Send(c)
	}
	if !slices.Contains(techniqueNames(), wanted.Technique) {
		return problem.Bad("technique", strconv.QuoteToASCII(wanted.Technique[:min(len(wanted.Technique), 64)])+" is no technique", techniqueNames()...).Send(c)
	}
	if most, by := d.mostInCrowd(wanted.Technique); wanted.Viewers < fewestInCrowd || wanted.Viewers > most {
		return problem.Bad("viewers", strconv.Itoa(wanted.Viewers)+" viewers are outside of what can be here", fmt.Sprintf("%d to %d, by %s", fewestInCrowd, most, crowdBounds()[by])).Send(c)
	}
	order := crowd.Order{Technique: wanted.Technique, Viewers: wanted.Viewers, Duration: usualCrowd, Pause: d.config.Interval}
	if wanted.Duration != nil {
		stay, err := time.ParseDuration(*wanted.Duration)
		if err != nil || stay < crowd.Shortest || stay > crowd.Longest {
			return problem.Bad("duration", strconv.QuoteToASCII((*wanted.Duration)[:min(len(*wanted.Duration), 64)])+" is not a duration that fits here",
				crowd.Shortest.String()+" to "+crowd.Longest.String(), "such as 30s or 2m").Send(c)
		}
		order.Duration = stay
	}
	if wanted.CutEvery != nil {
		every, err := time.ParseDuration(*wanted.CutEvery)
		if err != nil || every < crowd.ShortestCut || every > crowd.Longest {
			return problem.Bad("cut_every", strconv.QuoteToASCII((*wanted.CutEvery)[:min(len(*wanted.CutEvery), 64)])+" is not how often a viewer may be cut",
				crowd.ShortestCut.String()+" to "+crowd.Longest.String(), "nothing: leave it out, for never").Send(c)
		}
		order.CutEvery = every
	}
	if wanted.Origin != nil {
		if !originForm.MatchString(*wanted.Origin) {
			return problem.Bad("origin", strconv.QuoteToASCII((*wanted.Origin)[:min(len(*wanted.Origin), 64)])+" is not a page's origin",
				"such as https://elsewhere.example", "nothing: leave it out").Send(c)
		}
		order.Origin = *wanted.Origin
	}
	if err := d.crowd.Start(order); err != nil {
		return crowdProblem(err).Send(c)
	}
	c.Status(fiber.StatusAccepted)
	return sendJSON(c, d.crowdAnswer())
}

func crowdProblem(err error) *problem.Problem {
	switch {
	case errors.Is(err, crowd.ErrBusy):
		return problem.New(fiber.StatusConflict, err.Error()+" (hint: DELETE api/v1/load)")
	case errors.Is(err, crowd.ErrClosed):
		return problem.New(fiber.StatusServiceUnavailable, err.Error())
	case errors.Is(err, crowd.ErrNowhere):
		return problem.New(fiber.StatusNotFound, err.Error()+" (hint: --listen 127.0.0.1:8055)")
	default:
		return problem.New(fiber.StatusInternalServerError, err.Error())
	}
}
