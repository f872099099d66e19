package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// A Fault is what is broken on purpose. A nil field says nothing about its subject; a field with a zero says that this is
// whole, whatever a wider scope says.
type Fault struct {
	Delay         *time.Duration // each way: a round trip takes two of them
	Jitter        *time.Duration // each way, up to this much more
	Throttle      *int           // bytes a second, downwards
	Buffer        *int           // a proxy that passes answers on in pieces of so many bytes, or All at the end
	RefuseUpgrade *bool          // a proxy that knows no WebSocket handshake
	Stall         *time.Duration // nothing passes, either way, for so long from when the fault began
	Mute          *bool          // nothing passes, either way
	Cut           *time.Duration // connections are reset so often; Once for a single time
	Forget        *bool          // the next cursor is taken for one of another epoch
}

// Once is how often a connection is cut that is cut when the fault begins, or at its next chance.
const Once = time.Duration(0)

// NoCut exempts from a cut of a wider scope.
const NoCut = time.Duration(-1)

// Limits of what can be asked for.
const (
	longestDelay  = 30 * time.Second
	longestStall  = 10 * time.Minute
	shortestCut   = 200 * time.Millisecond
	longestCut    = time.Hour
	leastThrottle = 100
	mostThrottle  = 1 << 30
	mostBuffer    = mostSize / 2

	defaultLife, longestLife = 5 * time.Minute, time.Hour
	onceLife                 = time.Minute // how long what happens once waits for its chance

	overFor = 10 * time.Second // how long it is told of one that it was in force

	mostFaults     = 64
	mostRemembered = 10_000 // viewers, of each fault
	mostInside     = 64 << 20
)

// A FieldError says which part of a fault cannot be, and what can.
type FieldError struct {
	Field   string
	Detail  string
	Allowed []string
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Detail }

// form is a Fault as it is written.
type form struct {
	Delay         *string         `json:"delay,omitempty"`
	Jitter        *string         `json:"jitter,omitempty"`
	Throttle      *int            `json:"throttle,omitempty"`
	Buffer        json.RawMessage `json:"buffer,omitempty"`
	RefuseUpgrade *bool           `json:"refuse_upgrade,omitempty"`
	Stall         *string         `json:"stall,omitempty"`
	Mute          *bool           `json:"mute,omitempty"`
	Cut           *string         `json:"cut,omitempty"`
	Forget        *bool           `json:"forget,omitempty"`
}

var fields = []string{`"delay":"300ms"`, `"jitter":"50ms"`, `"throttle":1000`, `"buffer":4096 or "all"`, `"refuse_upgrade":true`, `"stall":"10s"`,
	`"mute":true`, `"cut":"once" or "5s"`, `"forget":true`}

// Parse reads a fault: a JSON object with at least one field.
func Parse(text []byte) (Fault, error) {
	var in form
	var f Fault
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return f, &FieldError{"fault", "is no object of faults", fields}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return f, &FieldError{"fault", "there is something behind it", fields}
	}
	var err error
	if f.Delay, err = duration("delay", in.Delay, 0, longestDelay); err != nil {
		return f, err
	}
	if f.Jitter, err = duration("jitter", in.Jitter, 0, longestDelay); err != nil {
		return f, err
	}
	if f.Stall, err = duration("stall", in.Stall, 0, longestStall); err != nil {
		return f, err
	}
	if f.Throttle = in.Throttle; f.Throttle != nil && *f.Throttle != 0 && (*f.Throttle < leastThrottle || *f.Throttle > mostThrottle) {
		return f, &FieldError{"throttle", strconv.Itoa(*f.Throttle) + " bytes a second do not fit here", []string{fmt.Sprintf("%d to %d", leastThrottle, mostThrottle), "0 for none"}}
	}
	if f.Buffer, err = buffer(in.Buffer); err != nil {
		return f, err
	}
	if f.Cut, err = cut(in.Cut); err != nil {
		return f, err
	}
	f.RefuseUpgrade, f.Mute, f.Forget = in.RefuseUpgrade, in.Mute, in.Forget
	if f == (Fault{}) {
		return f, &FieldError{"fault", "nothing is broken by it", fields}
	}
	return f, nil
}

func duration(field string, text *string, least, most time.Duration) (*time.Duration, error) {
	if text == nil {
		return nil, nil
	}
	d, err := time.ParseDuration(*text)
	if err != nil || d < least || d > most {
		return nil, &FieldError{field, quote(*text) + " is not a duration that fits here", []string{least.String() + " to " + most.String(), "such as 300ms or 2s"}}
	}
	return &d, nil
}

func buffer(text json.RawMessage) (*int, error) {
	if len(text) == 0 || string(text) == "null" {
		return nil, nil
	}
	n := All
	if string(text) == `"all"` {
		return &n, nil
	}
	if err := json.Unmarshal(text, &n); err != nil || n < 0 || n > mostBuffer {
		return nil, &FieldError{"buffer", quote(string(text)) + " is no size of a buffer", []string{fmt.Sprintf("1 to %d bytes", mostBuffer), `"all", until an answer ends`, "0 for none"}}
	}
	return &n, nil
}

func cut(text *string) (*time.Duration, error) {
	if text == nil {
		return nil, nil
	}
	d := Once
	switch *text {
	case "once":
		return &d, nil
	case "no":
		d = NoCut
		return &d, nil
	}
	d, err := time.ParseDuration(*text)
	if err != nil || d < shortestCut || d > longestCut {
		return nil, &FieldError{"cut", quote(*text) + " is not how often one can cut", []string{"once", "every " + shortestCut.String() + " to " + longestCut.String() + ", such as 5s", "no"}}
	}
	return &d, nil
}

// quote shows what came, bounded and harmless wherever it is printed.
func quote(text string) string { return strconv.QuoteToASCII(text[:min(len(text), 64)]) }

// MarshalJSON writes what Parse reads.
func (f Fault) MarshalJSON() ([]byte, error) {
	said := func(d *time.Duration) *string {
		if d == nil {
			return nil
		}
		s := d.String()
		return &s
	}
	out := form{Delay: said(f.Delay), Jitter: said(f.Jitter), Throttle: f.Throttle, RefuseUpgrade: f.RefuseUpgrade, Stall: said(f.Stall),
		Mute: f.Mute, Cut: said(f.Cut), Forget: f.Forget}
	if f.Buffer != nil {
		if out.Buffer = strconv.AppendInt(nil, int64(*f.Buffer), 10); *f.Buffer == All {
			out.Buffer = []byte(`"all"`)
		}
	}
	if f.Cut != nil && *f.Cut <= 0 {
		word := "once"
		if *f.Cut == NoCut {
			word = "no"
		}
		out.Cut = &word
	}
	return json.Marshal(out)
}

// OnTheWay tells whether something is wrong with the bytes of a connection, and not only with what is asked.
func (f Fault) OnTheWay() bool {
	f.RefuseUpgrade, f.Forget = nil, nil
	return f != Fault{}
}

// once tells whether all that it says is what happens once.
func (f Fault) once() bool {
	return f == (Fault{Cut: f.Cut, Forget: f.Forget}) && (f.Cut == nil || *f.Cut == Once) && (f.Forget == nil || *f.Forget)
}

// Names lists what is broken, in the words of the fields.
func (f Fault) Names() []string {
	names := []string{}
	add := func(name string, broken bool) {
		if broken {
			names = append(names, name)
		}
	}
	add("delay", value(f.Delay) > 0)
	add("jitter", value(f.Jitter) > 0)
	add("throttle", value(f.Throttle) > 0)
	add("buffer", value(f.Buffer) != 0)
	add("refuse_upgrade", value(f.RefuseUpgrade))
	add("stall", value(f.Stall) > 0)
	add("mute", value(f.Mute))
	add("cut", f.Cut != nil && *f.Cut != NoCut)
	add("forget", value(f.Forget))
	return names
}

// under is f where it says something, and wider where it does not.
func (f Fault) under(wider Fault) Fault {
	return Fault{
		Delay:         first(f.Delay, wider.Delay),
		Jitter:        first(f.Jitter, wider.Jitter),
		Throttle:      first(f.Throttle, wider.Throttle),
		Buffer:        first(f.Buffer, wider.Buffer),
		RefuseUpgrade: first(f.RefuseUpgrade, wider.RefuseUpgrade),
		Stall:         first(f.Stall, wider.Stall),
		Mute:          first(f.Mute, wider.Mute),
		Cut:           first(f.Cut, wider.Cut),
		Forget:        first(f.Forget, wider.Forget),
	}
}

func first[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// value is what p points to; zero for nil.
func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}
