package command

import (
	"io"
	"strings"
	"testing"
)

// Who types a password at a terminal ends it with Enter, and the terminal stays open.
func TestPasswordEndsWithItsLine(t *testing.T) {
	for typed, want := range map[string]string{"a long word\n": "ann:viewer:", "a long word\r\nmore": "ann:viewer:", "a long word": "ann:viewer:", "\n": "", "short\n": ""} {
		in, hand := io.Pipe()
		go func() {
			io.WriteString(hand, typed)
			if !strings.Contains(typed, "\n") {
				hand.Close()
			}
		}()
		line, err := (&Password{Name: "ann", Role: "viewer"}).line(in)
		in.Close()
		if (err == nil) != (want != "") || !strings.HasPrefix(line, want) {
			t.Errorf("%q: got %q, %v", typed, line, err)
		}
	}
}
