package deflate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// mutate makes the next frame of a random kind: much as before, another, incompressible, one letter, nothing.
func mutate(r *rand.Rand, frame []byte) []byte {
	n := r.IntN(1 << r.IntN(18)) // mostly short, up to 128 KiB
	n = min(n, 100<<10)
	switch r.IntN(6) {
	case 0:
		return nil
	case 1:
		return bytes.Repeat([]byte{'a' + byte(r.IntN(3))}, n)
	case 2:
		next := make([]byte, n)
		for i := range next {
			next[i] = byte(r.Uint32())
		}
		return next
	case 3:
		var next []byte
		for len(next) < n {
			next = fmt.Appendf(next, `{"name":"disk%d","busy":%.4f},`, r.IntN(9), r.Float64())
		}
		return next
	default:
		next := bytes.Clone(frame)
		for range len(next) / 50 {
			next[r.IntN(len(next))] = '0' + byte(r.IntN(10))
		}
		return next
	}
}

// FuzzStream reads its input as frames, each behind two bytes: its length and what happens before it.
func FuzzStream(f *testing.F) {
	f.Add([]byte("\x05\x00hello\x05\x00hello\x05\x01hello\x07\x02goodbye\x00\x00\x00\x03"), uint16(0))
	f.Add([]byte("\xff\x00abababababab\xff\x00"), uint16(40000))
	f.Fuzz(func(t *testing.T, input []byte, repeat uint16) {
		var c Compressor
		gz, ws := Chain{Compressor: &c}, Chain{Compressor: &c, Messages: true}
		var a, b Stream
		sent, messages := []byte(GzipHeader), []byte(GzipHeader)
		var plain, window []byte
		for n := 0; len(input) >= 2 && n < 50; n++ {
			length, act := int(input[0]), input[1]
			length = min(length, len(input)-2)
			frame := input[2 : 2+length]
			input = input[2+length:]
			if act >= 128 && length > 0 { // a long one, that begins and ends as it did
				frame = bytes.Repeat(frame, 1+int(repeat)/length)
			}
			x, y := gz.Next(frame), ws.Next(frame)
			switch act % 4 {
			case 1:
				continue
			case 2:
				sent, plain = a.AddPlain(sent, frame), append(plain, frame...)
			case 3:
				sent = a.AddPlain(sent, nil)
			}
			sent, plain = append(sent, a.Add(x)...), append(plain, frame...)
			messages, window = append(append(messages, b.Add(y)...), syncTail...), append(window, frame...)
		}
		if got := gunzip(t, a.AppendEnd(sent)); !bytes.Equal(got, plain) {
			t.Errorf("gzip: %d bytes, want %d", len(got), len(plain))
		}
		if got := gunzip(t, b.AppendEnd(messages)); !bytes.Equal(got, window) {
			t.Errorf("messages: %d bytes, want %d", len(got), len(window))
		}
		if got := gunzip(t, c.Gzip(nil, plain)); !bytes.Equal(got, plain) {
			t.Errorf("file: %d bytes, want %d", len(got), len(plain))
		}
	})
}
