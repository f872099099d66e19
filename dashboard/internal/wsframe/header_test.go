package wsframe

import (
	"bytes"
	"testing"
)

func TestParseHeader(t *testing.T) {
	for _, test := range []struct {
		name string
		b    []byte
		want Header
	}{
		{"text", AppendFrame(nil, Text, []byte("hello"), false), Header{Size: 2, Length: 5, Final: true}},
		{"ping", AppendFrame(nil, Ping, nil, false), Header{Size: 2, Final: true, Control: true}},
		{"126", AppendFrame(nil, Binary, make([]byte, 126), true), Header{Size: 4, Length: 126, Final: true}},
		{"65536", AppendFrame(nil, Binary, make([]byte, 65536), false), Header{Size: 10, Length: 65536, Final: true}},
		{"masked", []byte("\x01\x83abcd..."), Header{Size: 6, Length: 3, Masked: true}},
		{"absurd", []byte("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), Header{Size: 10, Length: 1<<31 - 1, Final: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if h, ok := ParseHeader(test.b); !ok || h != test.want {
				t.Errorf("got %+v, %v, want %+v", h, ok, test.want)
			}
			for n := range test.want.Size {
				if h, ok := ParseHeader(test.b[:n]); ok {
					t.Errorf("of %d bytes: got %+v", n, h)
				}
			}
		})
	}
}

// What a Reader takes for a message in one frame, the header says too.
func FuzzParseHeader(f *testing.F) {
	f.Add([]byte("\x81\x85\x01\x02\x03\x04hello"))
	f.Add([]byte("\x89\x80\x01\x02\x03\x04"))
	f.Add(append([]byte("\x82\xfe\x00\x80\x00\x00\x00\x00"), make([]byte, 128)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, ok := ParseHeader(b)
		if ok && (h.Size < 2 || h.Size > 14 || h.Length < 0) {
			t.Fatalf("got %+v", h)
		}
		var r Reader
		handed := 0
		err := r.Feed(bytes.Clone(b), func(op Opcode, payload []byte) error {
			if handed++; handed == 1 && (!ok || h.Final && h.Length != len(payload)) {
				t.Errorf("the Reader has %d bytes, the header is %+v, %v", len(payload), h, ok)
			}
			return nil
		})
		if err == nil && handed > 0 && !h.Masked {
			t.Errorf("the Reader took a frame that is not masked: %+v", h)
		}
	})
}
