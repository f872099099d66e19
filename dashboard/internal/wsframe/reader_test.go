package wsframe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// frame is a viewer's: masked. first is FIN, the reserved bits and the opcode.
func frame(first byte, payload string) string {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b := AppendHeader(nil, 0, len(payload), false)
	b[0] = first
	b[1] |= 0x80
	b = append(b, key[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i%4])
	}
	return string(b)
}

const key = "\x00\x00\x00\x00"

func TestReader(t *testing.T) {
	long := strings.Repeat("0123456789", 13)
	tests := []struct {
		name string
		in   string
		want log
	}{
		{"the RFC's", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", log{`0x1 "Hello"`}}, // RFC 6455 section 5.7
		{"nothing", "", nil},
		{"empty text", frame(0x81, ""), log{`0x1 ""`}},
		{"binary", frame(0x82, "\xff\x00"), log{`0x2 "\xff\x00"`}},
		{"two", frame(0x81, "a") + frame(0x82, "b"), log{`0x1 "a"`, `0x2 "b"`}},
		{"a length of 16 bits", frame(0x81, long) + frame(0x89, ""), log{`0x1 "` + long + `"`, `0x9 ""`}},
		{"fragments", frame(0x01, "a") + frame(0x00, "") + frame(0x00, "b") + frame(0x80, "c") + frame(0x81, "d"), log{`0x1 "abc"`, `0x1 "d"`}},
		{"empty fragments", frame(0x02, "") + frame(0x80, ""), log{`0x2 ""`}},
		{"control frames between", frame(0x02, "a") + frame(0x89, "p") + frame(0x8A, "") + frame(0x80, "b"), log{`0x9 "p"`, `0xa ""`, `0x2 "ab"`}},
		{"a long ping", frame(0x89, long[:125]), log{`0x9 "` + long[:125] + `"`}},
		{"close", frame(0x88, ""), log{`0x8 ""`}},
		{"close with a reason", frame(0x88, "\x03\xe8bye ä"), log{`0x8 "\x03\xe8bye ä"`}},
		{"nothing after close", frame(0x88, "") + frame(0x81, "a") + "\xff", log{`0x8 ""`}},
		{"close inside a message", frame(0x01, "a") + frame(0x88, "\x0f\xa0") + frame(0x80, "b"), log{`0x8 "\x0f\xa0"`}},
		{"text cut inside a character", frame(0x01, "\xf0\x9f") + frame(0x00, "\x98") + frame(0x80, "\x80"), log{`0x1 "😀"`}},
		{"binary is not text", frame(0x02, "\xff") + frame(0x80, "\xff"), log{`0x2 "\xff\xff"`}},
		{"as long as it may be", frame(0x01, long[:100]) + frame(0x80, long[:100]), log{`0x1 "` + long[:100] + long[:100] + `"`}},

		{"not masked", "\x81\x05Hello", log{"1002"}},
		{"not masked, empty", "\x81\x00", log{"1002"}},
		{"not masked, later", frame(0x81, "a") + "\x89\x00" + frame(0x81, "b"), log{`0x1 "a"`, "1002"}},
		{"RSV1", frame(0xC1, "a"), log{"1002"}},
		{"RSV2", frame(0xA1, "a"), log{"1002"}},
		{"RSV3", frame(0x91, "a"), log{"1002"}},
		{"opcode 3", frame(0x83, "a"), log{"1002"}},
		{"opcode 7", frame(0x87, "a"), log{"1002"}},
		{"opcode 11", frame(0x8B, "a"), log{"1002"}},
		{"opcode 15", frame(0x8F, "a"), log{"1002"}},
		{"fragmented ping", frame(0x09, "a"), log{"1002"}},
		{"fragmented close", frame(0x08, ""), log{"1002"}},
		{"ping of 126", "\x89\xfe\x00\x7e" + key, log{"1002"}},
		{"ping of 127", "\x89\xff", log{"1002"}},
		{"16 bits for 125", "\x82\xfe\x00\x7d" + key, log{"1002"}},
		{"64 bits for 65535", "\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff" + key, log{"1002"}},
		{"64 bits, the top one set", "\x82\xff\x80\x00\x00\x00\x00\x01\x00\x00", log{"1002"}},
		{"all 64 bits", "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", log{"1002"}},
		{"63 bits", "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", log{"1009"}},
		{"65536", "\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00", log{"1009"}},
		{"one too many", "\x82\xfe\x00\xc9", log{"1009"}}, // 201, and none of them is there
		{"one too many in fragments", frame(0x01, long[:100]) + "\x80\xe5", log{"1009"}},
		{"continuation of nothing", frame(0x80, "a"), log{"1002"}},
		{"continuation after the end", frame(0x01, "a") + frame(0x80, "b") + frame(0x80, "c"), log{`0x1 "ab"`, "1002"}},
		{"continuation after a ping", frame(0x89, "a") + frame(0x00, "b"), log{`0x9 "a"`, "1002"}},
		{"new message inside one", frame(0x01, "a") + frame(0x81, "b"), log{"1002"}},
		{"new message after an empty fragment", frame(0x02, "") + frame(0x02, ""), log{"1002"}},
		{"not UTF-8", frame(0x81, "a\xff"), log{"1007"}},
		{"cut character at the end", frame(0x81, "a\xe2\x82"), log{"1007"}},
		{"cut character at the end of fragments", frame(0x01, "a\xe2") + frame(0x80, "\x82"), log{"1007"}},
		{"cut character before an empty end", frame(0x01, "\xe2") + frame(0x80, ""), log{"1007"}},
		{"surrogate", frame(0x81, "\xed\xa0\x80"), log{"1007"}},
		{"not UTF-8, known before its end", "\x81\xa0" + key + "\xed\xa0", log{"1007"}},
		{"not UTF-8, known in a fragment", frame(0x01, "a\xc0"), log{"1007"}},
		{"close of one byte", frame(0x88, "\x03"), log{"1002"}},
		{"close reason not UTF-8", frame(0x88, "\x03\xe8\xff"), log{"1007"}},
		{"nothing after an error", frame(0x83, "") + frame(0x81, "a"), log{"1002"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := []byte(test.in)
			if want := reference(in, 200, false); !slices.Equal(test.want, want) {
				t.Errorf("the reference: got %q, want %q", want, test.want)
			}
			for first := 1; first <= len(in); first++ {
				for _, second := range []int{1, 3, len(in)} {
					r := Reader{Limit: 200}
					if got := read(&r, in, first, second); !slices.Equal(got, test.want) {
						t.Fatalf("cut at %d and then every %d: got %q, want %q", first, second, got, test.want)
					}
					if test.want.code() == "" && r.more != nil {
						t.Fatalf("cut at %d and then every %d: it holds on to memory: %+v", first, second, *r.more)
					}
				}
			}
		})
	}
}

// TestCloseCodes: RFC 6455 sections 7.4.1 and 7.4.2, every number there is.
func TestCloseCodes(t *testing.T) {
	legal := func(code int) bool {
		switch {
		case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code < 5000:
			return true
		}
		return false
	}
	for code := range 1 << 16 {
		var r Reader
		payload := binary.BigEndian.AppendUint16(nil, uint16(code))
		in := frame(0x88, string(payload))
		want := log{fmt.Sprintf("0x8 %q", payload)}
		if !legal(code) {
			want = log{"1002"}
		}
		if got := read(&r, []byte(in)); !slices.Equal(got, want) {
			t.Errorf("%d: got %q, want %q", code, got, want)
		}
	}
}

func TestReaderCompressed(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want log
	}{
		{"text", frame(0xC1, "\xff"), log{`0x41 "\xff"`}},
		{"binary", frame(0xC2, ""), log{`0x42 ""`}},
		{"plain beside it", frame(0x81, "a") + frame(0xC1, "b") + frame(0x81, "\xff"), log{`0x1 "a"`, `0x41 "b"`, "1007"}},
		{"fragments", frame(0x41, "\xff") + frame(0x89, "") + frame(0x00, "\xfe") + frame(0x80, ""), log{`0x9 ""`, `0x41 "\xff\xfe"`}},
		{"RSV1 on a continuation", frame(0x41, "a") + frame(0xC0, "b"), log{"1002"}},
		{"RSV1 on a ping", frame(0xC9, ""), log{"1002"}},
		{"RSV1 and RSV2", frame(0xE1, ""), log{"1002"}},
		{"new message inside one", frame(0x41, "a") + frame(0xC1, "b"), log{"1002"}},
		{"continuation after it", frame(0xC1, "a") + frame(0x80, "b"), log{`0x41 "a"`, "1002"}},
		{"too long", "\xc1\xfe\x00\xc9", log{"1009"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := []byte(test.in)
			if want := reference(in, 200, true); !slices.Equal(test.want, want) {
				t.Errorf("the reference: got %q, want %q", want, test.want)
			}
			for cut := 1; cut <= len(in); cut++ {
				r := Reader{Limit: 200, Compressed: true}
				if got := read(&r, in, cut); !slices.Equal(got, test.want) {
					t.Fatalf("cut every %d: got %q, want %q", cut, got, test.want)
				}
			}
		})
	}
}

// TestReaderEnds: after the end nobody is called, and the same is said again.
func TestReaderEnds(t *testing.T) {
	mine := errors.New("mine")
	for _, in := range []string{frame(0x81, "a"), frame(0x88, ""), frame(0x01, "a") + frame(0x80, "b"), frame(0x01, "a") + frame(0x89, "b")} {
		for size := 1; size <= len(in); size++ {
			var r Reader
			calls := 0
			each := func(Opcode, []byte) error { calls++; return mine }
			var err error
			for b := []byte(in + frame(0x81, "c")); len(b) > 0; b = b[min(size, len(b)):] {
				err = r.Feed(b[:min(size, len(b))], each)
			}
			if err != mine || calls != 1 || r.Feed(nil, each) != mine {
				t.Errorf("%q: got %v after %d calls, want what each returned, once", in, err, calls)
			}
		}
	}
	var r Reader
	first := r.Feed([]byte("\x83"), nil)
	if second := r.Feed([]byte(frame(0x81, "a")), nil); first == nil || second != first || first.Error() == "" {
		t.Errorf("got %v and then %v", first, second)
	}
}

// TestReaderPayload: what each appends to a payload must not run into the next frame.
func TestReaderPayload(t *testing.T) {
	var r Reader
	var got []string
	err := r.Feed([]byte(frame(0x81, "a")+frame(0x89, "b")+frame(0x81, "c")), func(_ Opcode, payload []byte) error {
		got = append(got, string(append(payload, "xx"...)[:1]))
		return nil
	})
	if err != nil || !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestTextIsJudgedOnce: a long text that comes byte by byte must not be read again for every byte.
func TestTextIsJudgedOnce(t *testing.T) {
	var r Reader
	for i, want := range []int{1, 1, 1, 4, 5} {
		if err := r.Feed([]byte(frame(byte(1>>min(i, 1)), "a€b"[i:i+1])), nil); err != nil || r.more.runes != want {
			t.Fatalf("byte %d: %d bytes are done with, %v, want %d", i, r.more.runes, err, want)
		}
	}
}

func TestDefaultLimit(t *testing.T) {
	for n, want := range map[int]string{DefaultLimit: "", DefaultLimit + 1: "1009"} {
		var r Reader
		l := read(&r, []byte(frame(0x82, strings.Repeat("a", n))))
		if len(l) != 1 || l.code() != want {
			t.Errorf("%d bytes: %.40q", n, l)
		}
	}
	// 64 bits announced where it is legal.
	r := Reader{Limit: 1 << 17}
	if l := read(&r, []byte(frame(0x82, strings.Repeat("a", 1<<16))), 5000); len(l) != 1 || len(l[0]) != 4+2+1<<16 {
		t.Errorf("65536 bytes: %.40q", l)
	}
}

// TestMemory: ten thousand viewers that say nothing, or little.
func TestMemory(t *testing.T) {
	if size := unsafe.Sizeof(Reader{}); size > 24 {
		t.Errorf("an idle Reader has %d bytes", size)
	}
	if size := unsafe.Sizeof(more{}); size > 144 {
		t.Errorf("an incomplete frame costs %d bytes", size)
	}
	in := []byte(frame(0x81, `{"ping":1}`) + frame(0x89, "p") + frame(0x8A, "") + frame(0x82, strings.Repeat("a", 3000)))
	b := make([]byte, len(in))
	r := Reader{Limit: 4096}
	n := 0
	each := func(Opcode, []byte) error { n++; return nil }
	if allocs := testing.AllocsPerRun(100, func() {
		copy(b, in)
		if err := r.Feed(b, each); err != nil {
			t.Fatal(err)
		}
	}); allocs != 0 || n != 404 {
		t.Errorf("%v allocations for whole frames, %d handed over", allocs, n)
	}

	// A length that is only announced costs nothing; nor do many small fragments cost more than a few growing copies.
	cost := func(in string, size int) uint64 {
		var before, after runtime.MemStats
		r := Reader{Limit: 1 << 20}
		b := []byte(in)
		runtime.ReadMemStats(&before)
		for piece := range slices.Chunk(b, size) {
			if err := r.Feed(piece, each); err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if got := cost("\x82\xff\x00\x00\x00\x00\x00\x10\x00\x00"+key+"aaa", 4); got > 1000 {
		t.Errorf("an announced MiB costs %d bytes", got)
	}
	if got := cost(frame(0x02, "")+strings.Repeat(frame(0x00, "a"), 1<<16), 4096); got > 1<<20 {
		t.Errorf("65536 fragments of one byte cost %d bytes", got)
	}
}

// TestReaderMadeUp compares with the reference on frames that are nearly right: what a fuzzer takes long to find.
func TestReaderMadeUp(t *testing.T) {
	ends := map[string]int{}
	for seed := range uint64(8000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		in := madeUp(rnd)
		limit, compressed := 1+rnd.IntN(400), rnd.IntN(2) == 0
		want := reference(in, limit, compressed)
		r := Reader{Limit: limit, Compressed: compressed}
		sizes := []int{1 + rnd.IntN(9), 1 + rnd.IntN(200), 1 + rnd.IntN(3), 1 + rnd.IntN(40)}
		if l := read(&r, in, sizes...); !slices.Equal(l, want) {
			t.Fatalf("seed %d, limit %d, compressed %v, %x in %v:\ngot  %q\nwant %q", seed, limit, compressed, in, sizes, l, want)
		}
		ends[want.code()]++
	}
	for _, code := range []string{"", "1002", "1007", "1009"} {
		if ends[code] < 200 {
			t.Errorf("only %d of what was made up ended with %q: %v", ends[code], code, ends)
		}
	}
}

// madeUp is a handful of frames; now and then one is wrong.
func madeUp(rnd *rand.Rand) []byte {
	var b []byte
	within := false
	for range 1 + rnd.IntN(8) {
		odd := func(n int) bool { return rnd.IntN(n) == 0 }
		op := []byte{1, 1, 2, 8 + byte(rnd.IntN(3))}[rnd.IntN(4)]
		if within && op < 8 {
			op = 0
		}
		first := op | 0x80
		if op < 8 {
			within = odd(2)
			if within {
				first = op
			}
			if op != 0 && odd(4) {
				first |= 0x40
			}
		}
		if odd(40) {
			first ^= 1 << rnd.IntN(8)
		}
		text := []string{"", "a", "ä", "€uro", "😀", strings.Repeat("x", 120), strings.Repeat("é", 70), "\xff", "\xe2\x82", "\x03\xe8", "\x03\xedx"}
		payload := text[rnd.IntN(7)] + text[rnd.IntN(7)]
		if odd(30) {
			payload += text[7+rnd.IntN(2)]
		}
		if op == 8 {
			payload = text[9+rnd.IntN(2)] + payload
		}
		if op >= 8 {
			payload = payload[:min(len(payload), 125)]
		}
		cut := 0
		if op < 8 && odd(2) { // the message goes on in the next frame, in the middle of a character perhaps
			cut = rnd.IntN(len(payload) + 1)
		}
		f := []byte(frame(first, payload[cut:]))
		if odd(60) {
			f[1] ^= 0x80
		}
		if odd(60) {
			f[1] = 0x80 | byte(126+rnd.IntN(2))
		}
		b = append(b, f...)
	}
	return b[:len(b)-min(len(b)-1, max(0, rnd.IntN(10)-5))]
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(frame(0x81, "Hello")+frame(0x89, "p")), byte(3), uint16(10), false)
	f.Add([]byte(frame(0x01, "\xe2")+frame(0x80, "\x82\xac")+frame(0x88, "\x03\xe8bye")), byte(1), uint16(100), true)
	f.Add([]byte(frame(0xC2, "\xff")), byte(2), uint16(1), true)
	f.Add([]byte("\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00"+key), byte(7), uint16(5), false)
	f.Add([]byte("\x82\xfe\x00\x7e"+key+strings.Repeat("a", 126)), byte(7), uint16(500), false)
	f.Fuzz(func(t *testing.T, in []byte, size byte, limit uint16, compressed bool) {
		limit = max(limit, 1)
		want := reference(bytes.Clone(in), int(limit), compressed)
		for _, sizes := range [][]int{{len(in)}, {int(size)}, {1}, {int(size), len(in)}} {
			r := Reader{Limit: int(limit), Compressed: compressed}
			if got := read(&r, in, sizes...); !slices.Equal(got, want) {
				t.Fatalf("in pieces of %v: got %q, want %q", sizes, got, want)
			}
			if r.more != nil && len(r.more.message) > int(limit) {
				t.Fatalf("it keeps %d bytes, limit %d", len(r.more.message), limit)
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	in := []byte(frame(0x81, `{"set":{"every":"500ms"}}`))
	buf := make([]byte, len(in))
	each := func(Opcode, []byte) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		copy(buf, in)
		var r Reader
		r.Feed(buf, each)
	}
}
