package collector

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestCutLine(t *testing.T) {
	for _, tt := range []struct{ in, line, rest string }{
		{"a b\nc\n", "a b", "c\n"},
		{"c\n", "c", ""},
		{"c", "c", ""},
		{"\n\nx", "", "\nx"},
		{"", "", ""},
	} {
		if line, rest := cutLine([]byte(tt.in)); string(line) != tt.line || string(rest) != tt.rest {
			t.Errorf("%q: %q, %q", tt.in, line, rest)
		}
	}
}

func TestCutWord(t *testing.T) {
	for _, tt := range []struct{ in, word, rest string }{
		{"a b", "a", " b"},
		{" \t ab\tc", "ab", "\tc"},
		{"   ", "", ""},
		{"", "", ""},
		{"ab", "ab", ""},
	} {
		if word, rest := cutWord([]byte(tt.in)); string(word) != tt.word || string(rest) != tt.rest {
			t.Errorf("%q: %q, %q", tt.in, word, rest)
		}
	}
}

func TestParseNumbers(t *testing.T) {
	for _, tt := range []struct {
		in  string
		v   uint64
		isU bool
		f   float64
		isF bool
	}{
		{"0", 0, true, 0, true},
		{"007", 7, true, 7, true},
		{"9999999999999999999", 9999999999999999999, true, 1e19, true},
		{"18446744073709551615", math.MaxUint64, true, math.MaxUint64, true},
		{"18446744073709551616", 0, false, 0, false},
		{"99999999999999999999", 0, false, 0, false},
		{"", 0, false, 0, false},
		{"-1", 0, false, 0, false},
		{"+1", 0, false, 0, false},
		{"1e3", 0, false, 0, false},
		{"nan", 0, false, 0, false},
		{"0.42", 0, false, 0.42, true},
		{"3600.50", 0, false, 3600.5, true},
		{"12.345678901234567", 0, false, 12.345678901234567, true},
		{"1.1234567890123456", 0, false, 0, false}, // too many digits
		{"1.", 0, false, 0, false},
		{".5", 0, false, 0, false},
		{"1.2.3", 0, false, 0, false},
		{"1.-2", 0, false, 0, false},
	} {
		if v, ok := parseUint([]byte(tt.in)); v != tt.v || ok != tt.isU {
			t.Errorf("%q is %d, %t", tt.in, v, ok)
		}
		if f, ok := parseDecimal([]byte(tt.in)); f != tt.f || ok != tt.isF {
			t.Errorf("%q is %g, %t", tt.in, f, ok)
		}
	}
	if v, rest, ok := cutUint([]byte("  12 kB")); v != 12 || string(rest) != " kB" || !ok {
		t.Errorf("got %d, %q, %t", v, rest, ok)
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("cpu0 1 2\n\tx 18446744073709551616 0.42\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole := b
		var lines [][]byte
		for len(b) > 0 {
			var line []byte
			line, b = cutLine(b)
			lines = append(lines, line)
			var words [][]byte
			for {
				var word []byte
				if word, line = cutWord(line); len(word) == 0 {
					break
				}
				words = append(words, word)
				checkParsed(t, word)
			}
			want := bytes.FieldsFunc(lines[len(lines)-1], func(r rune) bool { return r == ' ' || r == '\t' })
			if !sameWords(words, want) {
				t.Errorf("words %q, want %q", words, want)
			}
		}
		want := bytes.Split(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n"))
		if len(whole) > 0 && !sameWords(lines, want) {
			t.Errorf("lines %q, want %q", lines, want)
		}
	})
}

func sameWords(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// checkParsed holds the numbers to those of strconv.
func checkParsed(t *testing.T, word []byte) {
	v, ok := parseUint(word)
	if want, err := strconv.ParseUint(string(word), 10, 64); ok != (err == nil) || ok && v != want {
		t.Errorf("%q is %d, %t", word, v, ok)
	}
	f, ok := parseDecimal(word)
	if !ok {
		return
	}
	want, err := strconv.ParseFloat(string(word), 64)
	if err != nil || math.Abs(f-want) > want*1e-15 || len(word) < 16 && f != want {
		t.Errorf("%q is %g, want %g (%v)", word, f, want, err)
	}
	if strings.Trim(string(word), "0123456789.") != "" {
		t.Errorf("%q is taken for %g", word, f)
	}
}
