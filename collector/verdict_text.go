package collector

import (
	"math"
	"strconv"
	"unicode/utf8"
)

const (
	longestSentence = 200 // characters
	longestName     = 24  // of them
)

// A sentence is being written.
type sentence struct {
	b     []byte
	pid   int32
	count float64 // of an event
	verb  verb

	phrases []Phrase // the same again
}

// begin forgets what was written.
func (t *sentence) begin(s string) *sentence {
	*t = sentence{b: append(t.b[:0], s...)}
	return t
}

func (t *sentence) add(s string) *sentence {
	t.b = append(t.b, s...)
	return t
}

// colon goes after a head, if there is one.
func (t *sentence) colon(head string) *sentence {
	if head == "" {
		return t
	}
	return t.add(": ")
}

// trim takes away an end.
func (t *sentence) trim(end string) *sentence {
	if n := len(t.b) - len(end); n >= 0 && string(t.b[n:]) == end {
		t.b = t.b[:n]
	}
	return t
}

// name adds a name of the system's, cleaned and shortened.
func (t *sentence) name(s string) *sentence {
	s = clean(s)
	n := 0
	for i := range s {
		if n++; n > longestName {
			return t.add(s[:i]).add("…")
		}
	}
	return t.add(s)
}

func (t *sentence) number(v float64) *sentence {
	t.b = strconv.AppendFloat(t.b, math.Round(v), 'f', -1, 64)
	return t
}

// decimal adds a number with one decimal when it is small.
func (t *sentence) decimal(v float64) *sentence {
	if v >= 9.95 {
		return t.number(v)
	}
	t.b = strconv.AppendFloat(t.b, math.Round(v*10)/10, 'f', -1, 64)
	return t
}

// percent adds a ratio. What is not all does not round to 100 %.
func (t *sentence) percent(v float64) *sentence {
	switch {
	case v > 0 && v < 0.01:
		return t.add("<1 %")
	case v > 0.99 && v < 1:
		v = 0.99
	}
	return t.number(v * 100).add(" %")
}

func (t *sentence) bytes(v float64) *sentence {
	units := [...]string{" B", " KiB", " MiB", " GiB", " TiB", " PiB"}
	i := 0
	for ; v >= 1023.5 && i < len(units)-1; i++ {
		v /= 1024
	}
	return t.decimal(v).add(units[i])
}

func (t *sentence) duration(seconds int64) *sentence {
	unit := " s"
	switch {
	case seconds >= 2*24*3600:
		seconds, unit = seconds/(24*3600), " days"
	case seconds >= 2*3600:
		seconds, unit = seconds/3600, " h"
	case seconds >= 120:
		seconds, unit = seconds/60, " min"
	}
	t.b = strconv.AppendInt(t.b, seconds, 10)
	return t.add(unit)
}

// process adds the culprit, if there is one: "postgres (pid 811)".
func (t *sentence) process(p *Process) *sentence {
	if p == nil {
		return t
	}
	t.pid = p.PID
	t.name(p.Name).add(" (pid ")
	t.b = strconv.AppendInt(t.b, int64(p.PID), 10)
	return t.add(")")
}

// culprit adds it with a comma behind.
func (t *sentence) culprit(p *Process) *sentence {
	if p != nil {
		t.process(p).add(", ").tellOf("culprit", p.Name, p.PID, nil)
	}
	return t
}

// also adds the head of another rule that holds.
func (t *sentence) also(head string) {
	t.add("; also ").add(head).tell("also", nil)
	t.phrases[len(t.phrases)-1].Name = head
}

// String is what was written, bounded.
func (t *sentence) String() string {
	if utf8.RuneCount(t.b) <= longestSentence {
		return string(t.b)
	}
	n, end := 0, 0
	for end < len(t.b) && n < longestSentence-1 {
		_, size := utf8.DecodeRune(t.b[end:])
		end += size
		n++
	}
	return string(t.b[:end]) + "…"
}
