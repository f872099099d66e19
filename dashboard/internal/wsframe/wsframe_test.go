package wsframe

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendHeader(t *testing.T) {
	tests := []struct {
		op       Opcode
		length   int
		deflated bool
		want     string
	}{
		{Text, 0, false, "\x81\x00"},
		{Text, 5, false, "\x81\x05"},
		{Binary, 125, false, "\x82\x7d"},
		{Text, 126, false, "\x81\x7e\x00\x7e"},
		{Text, 0xffff, false, "\x81\x7e\xff\xff"},
		{Text, 0x10000, false, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"},
		{Text, 7, true, "\xc1\x07"}, // RFC 7692 section 7.2.3.1
		{Binary, 300, true, "\xc2\x7e\x01\x2c"},
		{Ping, 0, false, "\x89\x00"},
		{Pong, 2, false, "\x8a\x02"},
	}
	for _, test := range tests {
		if got := AppendHeader([]byte("before"), test.op, test.length, test.deflated); string(got) != "before"+test.want {
			t.Errorf("%d, %d bytes, deflated %v: got %x, want %x behind what was there", test.op, test.length, test.deflated, got, test.want)
		}
		if len(test.want) > MaxHeader {
			t.Errorf("%x is longer than MaxHeader", test.want)
		}
	}
}

func TestAppendFrame(t *testing.T) {
	// RFC 6455 section 5.7, the frames of a server.
	if got := AppendFrame(nil, Text, []byte("Hello"), false); string(got) != "\x81\x05Hello" {
		t.Errorf("got %x", got)
	}
	if got := AppendFrame([]byte("x"), Pong, []byte("Hello"), false); string(got) != "x\x8a\x05Hello" {
		t.Errorf("got %x", got)
	}
	b, payload := make([]byte, 0, 64), []byte("Hello")
	if n := testing.AllocsPerRun(100, func() { AppendFrame(b, Text, payload, true) }); n != 0 {
		t.Errorf("%v allocations with room", n)
	}
}

func TestAppendClose(t *testing.T) {
	long := strings.Repeat("ä", 61) + "é!" // 125 bytes; the 123rd is the first of é
	tests := []struct {
		code   int
		reason string
		want   string
	}{
		{GoingAway, "", "\x88\x02\x03\xe9"},
		{GoingAway, "bye", "\x88\x05\x03\xe9bye"},
		{ProtocolError, strings.Repeat("a", 123), "\x88\x7d\x03\xea" + strings.Repeat("a", 123)},
		{ProtocolError, strings.Repeat("a", 124), "\x88\x7d\x03\xea" + strings.Repeat("a", 123)},
		{ProtocolError, long, "\x88\x7c\x03\xea" + strings.Repeat("ä", 61)},
		{ProtocolError, strings.Repeat("a", 120) + "😀", "\x88\x7a\x03\xea" + strings.Repeat("a", 120)},
		{ProtocolError, strings.Repeat("a", 119) + "😀", "\x88\x7d\x03\xea" + strings.Repeat("a", 119) + "😀"},
		{TooBig, "a\xffb", "\x88\x07\x03\xf1a\ufffdb"},
		{NoStatus, "unsaid", "\x88\x00"},
		{1006, "", "\x88\x00"},
		{1015, "", "\x88\x00"},
		{0, "", "\x88\x00"},
		{70000, "", "\x88\x00"},
		{4999, "", "\x88\x02\x13\x87"},
	}
	for _, test := range tests {
		got := AppendClose([]byte("x"), test.code, test.reason)
		if string(got) != "x"+test.want {
			t.Errorf("%d %q: got %q, want %q", test.code, test.reason, got, test.want)
		}
		if !utf8.Valid(got[3+min(2, len(got)-3):]) {
			t.Errorf("%d %q: the reason is not UTF-8", test.code, test.reason)
		}
	}
}

func TestCloseCode(t *testing.T) {
	for payload, want := range map[string]int{"": NoStatus, "\x03\xe8": NormalClosure, "\x03\xe9bye": GoingAway} {
		if got := CloseCode([]byte(payload)); got != want {
			t.Errorf("%q: got %d, want %d", payload, got, want)
		}
	}
}

func TestUnmask(t *testing.T) {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	plain := make([]byte, 40)
	for i := range plain {
		plain[i] = byte(i * 7)
	}
	for at := range 9 {
		for n := range len(plain) + 1 {
			b := bytes.Clone(plain[:n])
			for i := range b {
				b[i] ^= key[(at+i)%4]
			}
			if unmask(b, key, at); !bytes.Equal(b, plain[:n]) {
				t.Fatalf("%d bytes from %d: got %x, want %x", n, at, b, plain[:n])
			}
		}
	}
}
