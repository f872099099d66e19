package collector

import "testing"

func TestParseHandles(t *testing.T) {
	for text, want := range map[string]Handles{
		"592\t0\t2466183\n":              {Allocated: 592, Maximum: 2466183},
		"592\t92\t9223372036854775807\n": {Allocated: 500, Maximum: 1<<63 - 1},
		"5 9 1\n":                        {Maximum: 1},
		"592\t0\t24661":                  {}, // torn
		"592\t0\n":                       {},
		"592\t0\t-1\n":                   {},
		"592\t0\t1\t1\n":                 {},
		"\n":                             {},
		"":                               {},
	} {
		got, err := parseHandles([]byte(text))
		if got != want || (err == nil) != (want != Handles{}) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func FuzzHandles(f *testing.F) {
	f.Add([]byte("592\t0\t2466183\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := parseHandles(b); err != nil && got != (Handles{}) {
			t.Errorf("%q: %+v and %v", b, got, err)
		}
	})
}
