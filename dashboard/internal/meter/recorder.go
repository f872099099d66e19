package meter

import (
	"encoding/base64"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

const (
	// MostExchanges is how many exchanges a Recorder keeps, and mostKept how many bytes of all of them; the oldest go first.
	MostExchanges = 64
	mostKept      = 192 << 10
	// mostOfOne is how many bytes of one direction of one exchange are kept: a request's head and a large message.
	mostOfOne = 16 << 10
)

// A Recorder keeps the last exchanges of one viewer, on all techniques. An exchange is a request with its answer; on a
// held connection it is the request with the response's head and opening, then each message, and whatever else either
// side says by itself. Parts are what the counters tell apart, in the order in which they passed. Of bytes that were not
// seen, because the recording began in the middle or there were too many, only the number is known.
type Recorder struct {
	// Redact blots out what must not be shown in the head of a request or a response, in place, and tells whether there
	// was something. Not to be changed.
	Redact func(head []byte) bool

	mu     sync.Mutex
	number int
	list   []Recorded
	kept   int // bytes of list
}

// A Recorded exchange.
type Recorded struct {
	N         int      `json:"n"` // counts up from 1
	Technique string   `json:"technique"`
	Variant   string   `json:"variant,omitempty"`
	Began     int64    `json:"began,omitempty"`    // Unix milliseconds; of an answered request, when it had come
	At        int64    `json:"at"`                 // Unix milliseconds, when the last byte had passed
	Messages  []string `json:"messages,omitempty"` // their ids
	Parts     []Part   `json:"parts"`
}

// A Part is some bytes of one kind.
type Part struct {
	Dir      string // "in" from the viewer, "out" to it
	Kind     string // "head", "framing" or "payload"
	Bytes    int64
	Seen     []byte // the first of them
	Redacted bool   // something in Seen is blotted out
}

// MarshalJSON gives the bytes as text if they are text. cut says that there are more than are shown.
func (p Part) MarshalJSON() ([]byte, error) {
	out := struct {
		Dir      string  `json:"dir"`
		Kind     string  `json:"kind"`
		Bytes    int64   `json:"bytes"`
		Text     *string `json:"text,omitempty"`
		Base64   *string `json:"base64,omitempty"`
		Cut      bool    `json:"cut,omitempty"`
		Redacted bool    `json:"redacted,omitempty"`
	}{Dir: p.Dir, Kind: p.Kind, Bytes: p.Bytes, Redacted: p.Redacted}
	seen := p.Seen
	if out.Cut = int64(len(seen)) < p.Bytes; out.Cut {
		seen = wholeRunes(seen)
	}
	if utf8.Valid(seen) {
		text := string(seen)
		out.Text = &text
	} else {
		text := base64.StdEncoding.EncodeToString(p.Seen)
		out.Base64 = &text
	}
	return json.Marshal(out)
}

// wholeRunes is b without a character that is cut in two at its end.
func wholeRunes(b []byte) []byte {
	for back := 1; back < utf8.UTFMax && back <= len(b); back++ {
		if at := len(b) - back; utf8.RuneStart(b[at]) {
			if !utf8.FullRune(b[at:]) {
				return b[:at]
			}
			break
		}
	}
	return b
}

// Last is up to n exchanges, the newest last, of one technique or, with "", of all.
func (r *Recorder) Last(n int, technique string) []Recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := make([]Recorded, 0, min(n, len(r.list)))
	for i := len(r.list) - 1; i >= 0 && len(last) < n; i-- {
		if technique == "" || r.list[i].Technique == technique {
			last = append(last, r.list[i])
		}
	}
	for i, j := 0, len(last)-1; i < j; i, j = i+1, j-1 {
		last[i], last[j] = last[j], last[i]
	}
	return last
}

// add keeps an exchange. Its parts are its own.
func (r *Recorder) add(e Recorded) {
	for i := range e.Parts {
		if p := &e.Parts[i]; p.Kind == "head" && r.Redact != nil {
			p.Redacted = r.Redact(p.Seen)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.number++
	e.N = r.number
	r.list = append(r.list, e)
	r.kept += e.size()
	for len(r.list) > MostExchanges || r.kept > mostKept && len(r.list) > 1 {
		r.kept -= r.list[0].size()
		r.list = append(r.list[:0], r.list[1:]...)
	}
}

func (e Recorded) size() (n int) {
	for _, p := range e.Parts {
		n += len(p.Seen)
	}
	return n
}

// Taps are open while there is a Recorder: then connections keep what passes until it turns out whose it is.
type Taps struct{ open atomic.Int32 }

// Open and Close are called for each Recorder.
func (t *Taps) Open() { t.open.Add(1) }

// Close is called once for each Open.
func (t *Taps) Close() { t.open.Add(-1) }

// Record has exchanges recorded by r from now on; nil for no longer.
func (t *Tally) Record(r *Recorder) { t.recorder.Store(r) }

// A strip is some bytes that have passed in one direction, and the first of them.
type strip struct {
	n    int64
	seen []byte
}

func (s *strip) add(b []byte) {
	s.n += int64(len(b))
	if room := mostOfOne - len(s.seen); room > 0 {
		s.seen = append(s.seen, b[:min(room, len(b))]...)
	}
}

// cut makes it n bytes long. If fewer were seen, it is not known which.
func (s *strip) cut(n int64) {
	if s.n < n {
		s.seen = nil
	}
	s.n = n
	s.seen = s.seen[:min(n, int64(len(s.seen)))]
}

// parts tells the bytes apart: head of them are a head, and of what is behind it payload says what is payload.
func (s *strip) parts(dir string, head int64, payload []Span) (parts []Part) {
	at := int64(0)
	add := func(kind string, to int64) {
		if to = min(to, s.n); to > at {
			seen := int64(len(s.seen))
			parts = append(parts, Part{Dir: dir, Kind: kind, Bytes: to - at, Seen: append([]byte(nil), s.seen[min(at, seen):min(to, seen)]...)})
			at = to
		}
	}
	add("head", head)
	for _, p := range payload {
		add("framing", head+int64(p.From))
		add("payload", head+int64(p.To))
	}
	add("framing", s.n)
	return parts
}

// now is Unix milliseconds.
func now() int64 { return time.Now().UnixMilli() }
