package collector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mark is something that happened at a moment, for charts and for whoever asks what was.
type Mark struct {
	At   int64  `json:"at"`   // Unix milliseconds
	Kind string `json:"kind"` // one of MarkKinds
	Text string `json:"text"` // one line of at most LongestMark characters
}

// What marks are of.
const (
	MarkRestart = "restart" // the program or the host was started again
	MarkOOM     = "oom"     // the kernel killed something for want of memory
	MarkClock   = "clock"   // somebody set the wall clock
	MarkGap     = "gap"     // nobody looked, or the machine was suspended
	MarkAlert   = "alert"   // an alert began or ended
	MarkNote    = "note"    // somebody said so
)

// MarkKinds are all that a mark may be of, in a new slice.
func MarkKinds() []string {
	return []string{MarkRestart, MarkOOM, MarkClock, MarkGap, MarkAlert, MarkNote}
}

// LongestMark bounds a mark's text, in characters.
const LongestMark = 200

// CheckMark says what is wrong with a mark that somebody made; nil for nothing.
func CheckMark(m Mark) error {
	switch {
	case !slices.Contains(MarkKinds(), m.Kind):
		return fmt.Errorf("a mark of kind %q: want one of %q", m.Kind, MarkKinds())
	case m.At <= 0:
		return errors.New("a mark without a time")
	case !utf8.ValidString(m.Text):
		return errors.New("text that is not UTF-8")
	case strings.TrimSpace(m.Text) == "":
		return errors.New("an empty text")
	case utf8.RuneCountInString(m.Text) > LongestMark:
		return fmt.Errorf("%d characters, want at most %d", utf8.RuneCountInString(m.Text), LongestMark)
	}
	for _, r := range m.Text {
		if !isHarmless(r) {
			return fmt.Errorf("%U in the text: want one line of printable characters", r)
		}
	}
	return nil
}

// isHarmless: the character is shown, and changes nothing about how others are. U+200D joins the parts of an emoji.
func isHarmless(r rune) bool { return unicode.IsPrint(r) || r == '\u200d' }
