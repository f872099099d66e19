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

// A key in a file does not get into the journal; one that was made at the start has nowhere else to be read.
func TestAddress(t *testing.T) {
	const opens, address = "http://192.0.2.7:8055/#k=KEY", "http://192.0.2.7:8055/"
	for _, tt := range []struct{ file, journal, want string }{
		{"/etc/fivewire.key", "8:1234", address},
		{"/etc/fivewire.key", "", opens},
		{"", "8:1234", opens},
	} {
		t.Setenv("JOURNAL_STREAM", tt.journal)
		if got := (&Serve{KeyFile: tt.file}).Address(opens); got != tt.want {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
}
