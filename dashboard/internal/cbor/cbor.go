// Package cbor writes JSON as CBOR (RFC 8949): the same message in fewer bytes, for viewers that ask for binary frames.
//
// # What is promised
//
// Append transcodes one JSON value in one pass and allocates nothing when dst has room. Every length is definite and
// every head is the shortest (preferred serialization, RFC 8949 section 4.1). The keys of a map are those of the JSON
// text, in its order; a key that is there twice stays there twice.
//
// A number of digits only is an integer of major type 0 or 1, from -2⁶⁴ to 2⁶⁴-1. Every other number, and -0, is a
// float: the nearest double, in half or single precision where that is the same value. What is beyond a double is an
// infinity. So a decoder that makes doubles of integers gets what JSON.parse would have got.
//
// # What happens to the bad
//
// What is not JSON (RFC 8259), or nested deeper than MaxDepth, is an error, and dst comes back as it was. What is not
// UTF-8 in a string, and half a surrogate pair, becomes U+FFFD, as in encoding/json: CBOR text is always UTF-8.
package cbor

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deeply arrays and objects may be nested.
const MaxDepth = 64

// Append appends json, one JSON value, to dst as CBOR.
func Append(dst, json []byte) ([]byte, error) {
	t := transcoder{in: json, out: dst}
	t.space()
	err := t.value(0)
	if t.space(); err == nil && t.at < len(t.in) {
		err = t.unexpected("the end")
	}
	if err != nil {
		return dst, err
	}
	return t.out, nil
}

// Major types (RFC 8949 section 3.1), where they stand in an initial byte.
const (
	unsigned = 0 << 5
	negative = 1 << 5
	text     = 3 << 5
	array    = 4 << 5
	object   = 5 << 5
)

// Simple values and floats (RFC 8949 section 3.3), whole initial bytes.
const (
	no     = 0xF4
	yes    = 0xF5
	null   = 0xF6
	half   = 0xF9
	single = 0xFA
	double = 0xFB
)

// A transcoder stands somewhere in its input.
type transcoder struct {
	in  []byte
	at  int
	out []byte
}

// next is the byte to come; 0, which is nowhere legal, at the end.
func (t *transcoder) next() byte {
	if t.at >= len(t.in) {
		return 0
	}
	return t.in[t.at]
}

func (t *transcoder) space() {
	for t.at < len(t.in) && (t.in[t.at] == ' ' || t.in[t.at] == '\n' || t.in[t.at] == '\t' || t.in[t.at] == '\r') {
		t.at++
	}
}

func (t *transcoder) unexpected(want string) error {
	if t.at >= len(t.in) {
		return fmt.Errorf("cbor: the JSON ends after %d bytes, want %s", t.at, want)
	}
	return fmt.Errorf("cbor: %q in the JSON after %d bytes, want %s", t.in[t.at], t.at, want)
}

func (t *transcoder) value(depth int) error {
	switch c := t.next(); c {
	case '{':
		return t.object(depth)
	case '[':
		return t.array(depth)
	case '"':
		return t.text()
	case 't':
		return t.word("true", yes)
	case 'f':
		return t.word("false", no)
	case 'n':
		return t.word("null", null)
	default:
		if c != '-' && !digit(c) {
			return t.unexpected("a value")
		}
		return t.number()
	}
}

func (t *transcoder) word(want string, simple byte) error {
	for i := range len(want) {
		if t.next() != want[i] {
			return t.unexpected(want)
		}
		t.at++
	}
	t.out = append(t.out, simple)
	return nil
}

func (t *transcoder) array(depth int) error {
	start, err := t.open(depth)
	if err != nil {
		return err
	}
	n := uint64(0)
	for more := t.next() != ']'; more; n++ {
		if err := t.value(depth + 1); err != nil {
			return err
		}
		if more, err = t.more(']'); err != nil {
			return err
		}
	}
	t.at++
	t.close(start, array, n)
	return nil
}

func (t *transcoder) object(depth int) error {
	start, err := t.open(depth)
	if err != nil {
		return err
	}
	n := uint64(0)
	for more := t.next() != '}'; more; n++ {
		if t.next() != '"' {
			return t.unexpected("a key")
		}
		if err := t.text(); err != nil {
			return err
		}
		if t.space(); t.next() != ':' {
			return t.unexpected("a colon")
		}
		t.at++
		t.space()
		if err := t.value(depth + 1); err != nil {
			return err
		}
		if more, err = t.more('}'); err != nil {
			return err
		}
	}
	t.at++
	t.close(start, object, n)
	return nil
}

// open goes over a bracket and reserves a head of one byte, for up to 23 of what follows.
func (t *transcoder) open(depth int) (start int, err error) {
	if depth >= MaxDepth {
		return 0, fmt.Errorf("cbor: the JSON is nested deeper than %d after %d bytes", MaxDepth, t.at)
	}
	t.at++
	t.space()
	t.out = append(t.out, 0)
	return len(t.out) - 1, nil
}

// more goes over a comma; it stays before the closing bracket.
func (t *transcoder) more(end byte) (bool, error) {
	t.space()
	switch t.next() {
	case ',':
		t.at++
		t.space()
		return true, nil
	case end:
		return false, nil
	}
	return false, t.unexpected("a comma or " + string(rune(end)))
}

// close writes the head that was reserved at start. Where that takes more than one byte, what follows is moved.
func (t *transcoder) close(start int, major byte, n uint64) {
	var room [9]byte
	head := appendHead(room[:0], major, n)
	if len(head) > 1 {
		end := len(t.out)
		t.out = append(t.out, head[1:]...)
		copy(t.out[start+len(head):], t.out[start+1:end])
	}
	copy(t.out[start:], head)
}

// appendHead is RFC 8949 section 3, the shortest form.
func appendHead(b []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

// text is a string. Nearly all have no escapes: they are copied.
func (t *transcoder) text() error {
	t.at++
	rest := t.in[t.at:]
	ascii := true
	for i, c := range rest {
		switch {
		case c == '"' && (ascii || utf8.Valid(rest[:i])):
			t.out = append(appendHead(t.out, text, uint64(i)), rest[:i]...)
			t.at += i + 1
			return nil
		case c == '"', c == '\\', c < ' ':
			return t.escaped()
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	t.at = len(t.in)
	return t.unexpected("a quote")
}

// escaped is a string that is not simply copied.
func (t *transcoder) escaped() error {
	start := len(t.out)
	t.out = append(t.out, 0)
	for {
		switch c := t.next(); {
		case c == '"':
			t.at++
			t.close(start, text, uint64(len(t.out)-start-1))
			return nil
		case c < ' ': // the end too
			return t.unexpected("a quote")
		case c == '\\':
			if err := t.escape(); err != nil {
				return err
			}
		case c < utf8.RuneSelf:
			t.out = append(t.out, c)
			t.at++
		default:
			r, n := utf8.DecodeRune(t.in[t.at:])
			t.out = utf8.AppendRune(t.out, r)
			t.at += n
		}
	}
}

// escape is one backslash and what belongs to it (RFC 8259 section 7).
func (t *transcoder) escape() error {
	t.at++
	c := t.next()
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		r, ok := t.hex()
		if !ok {
			return t.unexpected("four hexadecimal digits")
		}
		if utf16.IsSurrogate(r) {
			before := t.at
			low := rune(-1)
			if t.next() == '\\' {
				if t.at++; t.next() == 'u' {
					low, _ = t.hex()
				}
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError { // what follows stands for itself
				t.at = before
			}
		}
		t.out = utf8.AppendRune(t.out, r)
		return nil
	default:
		return t.unexpected("an escape")
	}
	t.at++
	t.out = append(t.out, c)
	return nil
}

// hex goes over a u and four digits; it stays where one is missing.
func (t *transcoder) hex() (rune, bool) {
	t.at++
	r := rune(0)
	for range 4 {
		c := t.next()
		switch {
		case digit(c):
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1, false
		}
		r = r<<4 | rune(c)
		t.at++
	}
	return r, true
}
