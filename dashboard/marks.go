package dashboard

import (
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

const (
	// markSpan is how far back marks go when it is not said.
	markSpan = 24 * time.Hour
	// mostMarksShown is how many of them an answer has at the most: the newest.
	mostMarksShown = 1000
	// notesPerSecond and notesAtOnce are what people may add by hand, all together.
	notesPerSecond, notesAtOnce = 0.2, 20
)

// marking is what is to be said of marks with the next message.
type marking struct {
	mu    sync.Mutex
	next  []collector.Mark
	notes pace
	began bool // the first snapshot has come
}

// mark keeps a mark and has the next message say it.
func (d *Dashboard) mark(m collector.Mark) error {
	if err := d.history.Mark(m); err != nil {
		return err
	}
	d.marking.mu.Lock()
	defer d.marking.mu.Unlock()
	d.marking.next = append(d.marking.next, m)
	return nil
}

// withMarks is a snapshot's own marks, which are kept now, and those that wait for a message.
func (d *Dashboard) withMarks(s *collector.Snapshot) []collector.Mark {
	d.marking.mu.Lock()
	defer d.marking.mu.Unlock()
	var marks []collector.Mark
	if !d.marking.began {
		d.marking.began = true
		if m, restarted := restart(d.history.Last(), d.history.Abrupt(), s); restarted {
			marks = append(marks, m)
		}
	}
	marks = append(marks, s.Marks...)
	for _, m := range marks {
		if err := d.history.Mark(m); err != nil {
			d.log.Warn("a mark is not kept", "error", err)
		}
	}
	marks = append(marks, d.marking.next...)
	d.marking.next = nil
	return marks
}

// restart is the mark of a first snapshot, given when the last one was taken that there is a history of, and whether who took it
// ended without a word.
func restart(last time.Time, abrupt bool, s *collector.Snapshot) (collector.Mark, bool) {
	if last.IsZero() {
		return collector.Mark{}, false
	}
	text, rebooted := "fivewire was started again", s.Host != nil && s.Host.Booted.After(last)
	switch {
	case abrupt && rebooted:
		text = "fivewire ended without a word and the host was started again"
	case abrupt:
		text = "fivewire ended without a word and was started again"
	case rebooted:
		text = "the host was started again"
	}
	if away := s.At.Sub(last); away > 0 {
		text += ", and nothing was recorded for " + away.Round(time.Second).String()
	}
	return collector.Mark{At: s.At.UnixMilli(), Kind: collector.MarkRestart, Text: text}, true
}

// getMarks is what happened from one time to another.
func (d *Dashboard) getMarks(c *fiber.Ctx) error {
	from, to, p := d.span(c, markSpan)
	if p != nil {
		return p.Send(c)
	}
	marks := d.history.Marks(time.UnixMilli(from), time.UnixMilli(to))
	answer := map[string]any{"marks": marks}
	if more := len(marks) - mostMarksShown; more > 0 {
		answer["marks"], answer["more"] = marks[more:], true
	}
	if marks == nil {
		answer["marks"] = []collector.Mark{}
	}
	return sendJSON(c, answer)
}

// span reads from= and to=, the last time of some length if they are not said.
func (d *Dashboard) span(c *fiber.Ctx, length time.Duration) (from, to int64, p *problem.Problem) {
	if to, p = queryInt(c, "to", time.Now().UnixMilli(), "Unix milliseconds"); p != nil {
		return 0, 0, p
	}
	if from, p = queryInt(c, "from", max(to-length.Milliseconds(), 0), "Unix milliseconds"); p != nil {
		return 0, 0, p
	}
	if from > to {
		return 0, 0, problem.Bad("from", "from is after to", "Unix milliseconds up to "+strconv.FormatInt(to, 10))
	}
	return from, to, nil
}

// postMarks is how somebody says what was done at this moment.
func (d *Dashboard) postMarks(c *fiber.Ctx) error {
	var in struct {
		Text string `json:"text"`
	}
	if p := readJSON(c, &in); p != nil {
		return p.Send(c)
	}
	m := collector.Mark{At: time.Now().UnixMilli(), Kind: collector.MarkNote, Text: in.Text}
	if err := collector.CheckMark(m); err != nil {
		return problem.Bad("text", err.Error(), `one line of 1 to `+strconv.Itoa(collector.LongestMark)+` characters, such as "deploy v2"`).Send(c)
	}
	if wait := d.marking.notes.take(time.Now(), notesPerSecond, notesAtOnce); wait > 0 {
		return tooMany(c, wait, "that many marks are made by no person").Send(c)
	}
	if err := d.mark(m); err != nil {
		return err
	}
	c.Status(fiber.StatusCreated)
	return sendJSON(c, m)
}

// tooMany is a 429 with the time to come back.
func tooMany(c *fiber.Ctx, wait time.Duration, detail string) *problem.Problem {
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(wait/time.Second)+1))
	return problem.New(fiber.StatusTooManyRequests, detail)
}

// A pace is a bucket of tokens. The zero pace is full. It may be used by any goroutine.
type pace struct {
	mu    sync.Mutex
	spent float64 // tokens that are missing
	at    time.Time
}

// take takes a token from a bucket that holds most and is filled by rate a second, or says how long it will be until there
// is one.
func (p *pace) take(now time.Time, rate, most float64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spent = max(p.spent-max(now.Sub(p.at).Seconds(), 0)*rate, 0)
	p.at = now
	if over := p.spent + 1 - most; over > 0 {
		return time.Duration(over / rate * float64(time.Second))
	}
	p.spent++
	return 0
}
