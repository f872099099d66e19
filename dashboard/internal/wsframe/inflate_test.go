package wsframe

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// deflate is a message as a viewer sends it (RFC 7692 section 7.2.1).
func deflate(t testing.TB, level int, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(text)
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte(tail[:4]))
}

// TestInflate: RFC 7692 section 7.2.3, and what is wrong.
func TestInflate(t *testing.T) {
	tests := []struct {
		name, in, want string
		code           int
	}{
		{"one block", "\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello", 0},
		{"nothing compressed", "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", "Hello", 0},
		{"the last block says so", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello", 0},
		{"two blocks", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello", 0},
		{"empty", "\x00", "", 0},
		{"behind the last block", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00\xff\xff\xff", "Hello", 0},
		{"needs the message before", "\xf2\x00\x11\x00\x00", "", InvalidPayload},
		{"not even the empty block", "", "", InvalidPayload},
		{"reserved block", "\x06", "", InvalidPayload},
		{"plain text", "Hello, world", "", InvalidPayload},
		{"cut", "\xf2\x48\xcd\xc9", "", InvalidPayload},
		{"as much as may be", string(deflate(t, 9, bytes.Repeat([]byte("a"), 1000))), strings.Repeat("a", 1000), 0},
		{"one too many", string(deflate(t, 9, bytes.Repeat([]byte("a"), 1001))), "", TooBig},
		{"a bomb", string(deflate(t, 9, make([]byte, 10<<20))), "", TooBig},
	}
	var one Inflater // all with the same: what failed leaves nothing behind
	for _, test := range tests {
		for _, room := range []int{0, 3, 990, 4000} {
			dst := append(make([]byte, 0, 6+room), "before"...)
			got, err := one.Append(dst, []byte(test.in), 1000)
			var e *Error
			if errors.As(err, &e); (e == nil) != (test.code == 0) || e != nil && e.Code != test.code {
				t.Errorf("%s: got error %v, want %d", test.name, err, test.code)
			}
			if string(got) != "before"+test.want {
				t.Errorf("%s: got %.40q, want %.40q", test.name, got, "before"+test.want)
			}
			if cap(got) > 6+max(room, 2*1000+300) {
				t.Errorf("%s: room for %d", test.name, cap(got))
			}
		}
	}
	if one.source.message != nil {
		t.Error("it keeps the last message")
	}
}

func TestInflateRoundTrip(t *testing.T) {
	var one Inflater
	rnd := rand.New(rand.NewPCG(1, 2))
	most := 40
	if testing.Short() {
		most = 20
	}
	for n := range most {
		text := make([]byte, n*n*n)
		for i := range text {
			text[i] = "abcd\x00\xff"[rnd.IntN(6)]
		}
		got, err := one.Append(nil, deflate(t, n%10, text), len(text))
		if err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%d bytes: %v", len(text), err)
		}
		if _, err := one.Append(nil, deflate(t, n%10, text), len(text)-1); len(text) > 0 && err == nil {
			t.Fatalf("%d bytes passed a limit of one less", len(text))
		}
	}
	in, dst := deflate(t, 9, []byte(`{"ping":1}`)), make([]byte, 0, 100)
	if n := testing.AllocsPerRun(100, func() { one.Append(dst, in, 100) }); n != 0 {
		t.Errorf("%v allocations with room", n)
	}
}

func FuzzInflate(f *testing.F) {
	f.Add([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00"), 10)
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), 5)
	f.Add(deflate(f, 9, make([]byte, 5000)), 4999)
	var one Inflater
	f.Fuzz(func(t *testing.T, in []byte, limit int) {
		if limit < 0 || limit > 1<<20 {
			t.Skip()
		}
		got, err := one.Append(nil, in, limit)
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(strings.NewReader(string(in)+tail)), int64(limit)+1))
		if len(want) > limit { // the bound comes before what is wrong behind it
			var e *Error
			if !errors.As(err, &e) || e.Code != TooBig || len(got) != 0 {
				t.Fatalf("got %d bytes, %v, limit %d", len(got), err, limit)
			}
			return
		}
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("got %q, %v, want %q, %v", got, err, want, wantErr)
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	in, dst := deflate(b, 9, []byte(`{"set":{"every":"500ms"}}`)), make([]byte, 0, 100)
	var one Inflater
	b.ReportAllocs()
	for b.Loop() {
		one.Append(dst, in, 100)
	}
}
