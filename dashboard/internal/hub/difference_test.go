package hub

import (
	"bytes"
	"strings"
	"testing"
)

func TestDifference(t *testing.T) {
	const snapshot = `{"id":"k3f9a1-1042","at":1763638612345,"data":{"cpu":{"busy":0.25,"user":0.125},"memory":{"used":1048576}}}`
	tests := []struct {
		name, base, text string
		most             int // bytes
	}{
		{"same", snapshot, snapshot, 4},
		{"a-number", snapshot, strings.Replace(snapshot, "0.125", "0.375", 1), 12},
		{"a-longer-number", snapshot, strings.Replace(snapshot, "0.25", "0.123456", 1), 20},
		{"a-field-more", snapshot, strings.Replace(snapshot, `"user"`, `"nice":0.5,"user"`, 1), 20},
		{"a-field-less", snapshot, strings.Replace(snapshot, `"busy":0.25,`, "", 1), 10},
		{"moved", "abcdefghijklmnopqrstuvwxyz0123456789", "0123456789abcdefghijklmnopqrstuvwxyz", 10},
		{"nothing-in-common", "abcdefghijklmnop", "0123456789ABCDEF", 18},
		{"empty", snapshot, "", 1},
		{"empty-base", "", snapshot, len(snapshot) + 1},
		{"short", "abc", "abc", 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var x index
			x.build([]byte(test.base))
			d := appendDifference(nil, []byte(test.base), []byte(test.text), &x)
			if got := string(appendText(nil, []byte(test.base), d)); got != test.text {
				t.Errorf("got %q, want %q", got, test.text)
			}
			if len(d) > test.most {
				t.Errorf("got %d bytes %q, want at most %d", len(d), d, test.most)
			}
		})
	}
}

// Whatever the two are, the text comes back, and is not much longer than it was.
func FuzzDifference(f *testing.F) {
	f.Add([]byte("abcdefghijklmnopqrstuvwxyz"), []byte("xyzabcdefghijklmnop"))
	f.Add([]byte(strings.Repeat("a", 40)), []byte(strings.Repeat("a", 90)))
	f.Add([]byte{}, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, base, text []byte) {
		var x index
		x.build(base)
		d := appendDifference([]byte("kept"), base, text, &x)
		if got := appendText([]byte("too"), base, d[len("kept"):]); !bytes.Equal(got, append([]byte("too"), text...)) {
			t.Errorf("%q told from %q: got %q", text, base, got)
		}
		if most := len("kept") + len(text) + 4; len(d) > most {
			t.Errorf("%q told from %q: got %d bytes, want at most %d", text, base, len(d), most)
		}
	})
}
