package deflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivewire/fivewire/collector/collectortest"
)

// snapshots are n frames as they are sent: the same on every machine.
func snapshots(t testing.TB, n int) [][]byte {
	t.Helper()
	frames := make([][]byte, n)
	for i := range frames {
		data, err := json.Marshal(collectortest.Snapshot(i))
		if err != nil {
			t.Fatal(err)
		}
		frames[i] = fmt.Appendf(nil, "id: k3f9a1-%d\ndata: {\"id\":\"k3f9a1-%[1]d\",\"at\":%d,\"data\":%s}\n\n", i+1, 1763638612345+1000*int64(i), data)
	}
	return frames
}

// gunzip reads a file whole; the reader checks CRC and length.
func gunzip(t testing.TB, file []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("after %d bytes: %v", len(plain), err)
	}
	return plain
}

// TestStreams: viewers of every behaviour on one chain each have a whole gzip file at the end.
func TestStreams(t *testing.T) {
	seeds := uint64(12)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 0))
		type viewer struct {
			Stream
			skips       float64
			sent, plain []byte
			was         Stream
		}
		viewers := make([]*viewer, 6)
		for i := range viewers {
			viewers[i] = &viewer{skips: []float64{0, 0.5, 0.1}[i%3], sent: []byte(GzipHeader)}
		}
		var chain, private Chain
		private.Compressor = new(Compressor)
		var frame []byte
		for range 12 {
			frame = mutate(r, frame)
			b := chain.Next(frame)
			for i, v := range viewers {
				if r.Float64() < v.skips {
					continue
				}
				switch r.IntN(8) {
				case 0: // a heartbeat
					v.sent = v.AddPlain(v.sent, []byte(": heartbeat\n\n"))
					v.plain = append(v.plain, ": heartbeat\n\n"...)
				case 1: // a sign of life, which does not part the frames
					v.sent = v.AddPlain(v.sent, nil)
				case 2: // something long for this viewer alone
					own := mutate(r, frame)
					v.sent = v.AddPlain(v.sent, own)
					v.plain = append(v.plain, own...)
				case 3: // a replay by a chain of its own
					own := mutate(r, frame)
					v.sent = append(v.sent, v.Add(private.Next(own))...)
					v.plain = append(v.plain, own...)
				case 4: // nothing could be sent: back
					v.was = v.Stream
					v.Add(b)
					v.Stream = v.was
				}
				v.sent = append(v.sent, v.Add(b)...)
				v.plain = append(v.plain, frame...)
				if got := gunzip(t, v.AppendEnd(bytes.Clone(v.sent))); !bytes.Equal(got, v.plain) {
					t.Fatalf("seed %d, viewer %d: %d bytes, want %d", seed, i, len(got), len(v.plain))
				}
			}
		}
	}
}

// TestAtOnce: a decoder that has got a part shows all of the frame; in the bubble, waiting for more is a deadlock.
func TestAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		frames := snapshots(t, 10)
		var chain Chain
		var s Stream
		in, out := io.Pipe()
		next := make(chan bool)
		go func() {
			defer out.Close()
			io.WriteString(out, GzipHeader)
			for i, frame := range frames {
				if i == 5 {
					out.Write(s.AddPlain(nil, []byte("\n")))
					<-next
				}
				out.Write(s.Add(chain.Next(frame)))
				<-next
			}
			out.Write(s.AppendEnd(nil))
		}()
		z, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		for i, frame := range frames {
			if i == 5 {
				if _, err := io.ReadFull(z, make([]byte, 1)); err != nil {
					t.Fatal(err)
				}
				next <- true
			}
			got := make([]byte, len(frame))
			if _, err := io.ReadFull(z, got); err != nil || !bytes.Equal(got, frame) {
				t.Fatalf("frame %d: %v", i, err)
			}
			next <- true
		}
		if rest, err := io.ReadAll(z); err != nil || len(rest) > 0 {
			t.Fatalf("at the end: %q, %v", rest, err)
		}
	})
}

// TestMessages: what a WebSocket viewer does (RFC 7692 section 7.2.2) gives the frames back, with and without takeover.
func TestMessages(t *testing.T) {
	inflate := func(message, window []byte) []byte {
		message = append(bytes.Clone(message), syncTail+"\x01\x00\x00\xff\xff"...)
		plain, err := io.ReadAll(flate.NewReaderDict(bytes.NewReader(message), window))
		if err != nil {
			t.Fatal(err)
		}
		return plain
	}
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 1))
		chain := Chain{Messages: true}
		var s Stream
		var window, frame []byte
		for i := range 30 {
			frame = mutate(r, frame)
			b := chain.Next(frame)
			if got := inflate(b.Key(), nil); !bytes.Equal(got, frame) {
				t.Fatalf("seed %d, message %d by itself: %d bytes, want %d", seed, i, len(got), len(frame))
			}
			if r.IntN(4) == 0 {
				continue // dropped, or sent uncompressed: neither touches the window
			}
			got := inflate(s.Add(b), window)
			if !bytes.Equal(got, frame) {
				t.Fatalf("seed %d, message %d: %d bytes, want %d", seed, i, len(got), len(frame))
			}
			window = append(window, got...)
			window = window[max(0, len(window)-32<<10):]
		}
	}
	chain := Chain{Messages: true}
	if got := chain.Next(nil).Key(); string(got) != "\x00" { // RFC 7692 section 7.2.3.6
		t.Errorf("the empty message is % x", got)
	}
}

// TestWhichPart: Context for those who have just got the frame before, and for nobody else.
func TestWhichPart(t *testing.T) {
	frames := snapshots(t, 4)
	var chain, other Chain
	var b []*Block
	for _, frame := range frames {
		b = append(b, chain.Next(frame))
	}
	other.Next(frames[3])
	foreign := other.Next(frames[3])
	for _, tt := range []struct {
		name    string
		before  func(s *Stream)
		context bool
	}{
		{"a joiner", func(s *Stream) {}, false},
		{"one that has the frame before", func(s *Stream) { s.Add(b[1]) }, true},
		{"one that has all", func(s *Stream) { s.Add(b[0]); s.Add(b[1]) }, true},
		{"one that skipped", func(s *Stream) { s.Add(b[0]) }, false},
		{"one that gets it again", func(s *Stream) { s.Add(b[2]) }, false},
		{"after a heartbeat", func(s *Stream) { s.Add(b[1]); s.AddPlain(nil, []byte("\n")) }, false},
		{"after a sign of life", func(s *Stream) { s.Add(b[1]); s.AddPlain(nil, nil) }, true},
		{"after another chain", func(s *Stream) { s.Add(foreign) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s Stream
			tt.before(&s)
			want := b[2].Key()
			if tt.context {
				want = b[2].Context()
			}
			if got := s.Add(b[2]); &got[0] != &want[0] {
				t.Errorf("got %d bytes; Key has %d, Context %d", len(got), len(b[2].Key()), len(b[2].Context()))
			}
		})
	}
	first := b[0]
	if key, context := first.Key(), first.Context(); &key[0] != &context[0] {
		t.Error("the first block of a chain has a context")
	}
}

// TestIDs: no id is 0, which means none.
func TestIDs(t *testing.T) {
	chain := Chain{last: 1<<64 - 2}
	var s Stream
	for i := range 4 {
		b := chain.Next([]byte("frame"))
		if b.id == 0 {
			t.Errorf("block %d has id 0", i)
		}
		s.Add(b)
	}
}

func TestSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var s Stream
	var chain Chain
	var crc uint32
	var size int
	for range 200 {
		frame := make([]byte, r.IntN(1<<r.IntN(20)))
		for i := range frame {
			frame[i] = byte(r.Uint32())
		}
		b := chain.Next(frame)
		s.Add(b)
		crc, size = crc32.Update(crc, crc32.IEEETable, frame), size+len(frame)
		if s.crc != crc || s.size != uint32(size) || b.Len != len(frame) || b.CRC != crc32.ChecksumIEEE(frame) {
			t.Fatalf("after %d bytes: crc %08x, want %08x; size %d", size, s.crc, crc, s.size)
		}
	}
	s.size = 1<<32 - 1 // 4 GiB later
	s.Add(chain.Next([]byte("ab")))
	if end := s.AppendEnd(nil); binary.LittleEndian.Uint32(end[6:]) != 1 {
		t.Errorf("the end is % x, want a length of 1", end)
	}
}

func TestGzip(t *testing.T) {
	var c Compressor
	r := rand.New(rand.NewPCG(3, 4))
	var frame []byte
	for range 100 {
		frame = mutate(r, frame)
		file := c.Gzip([]byte("head"), frame)
		if string(file[:4]) != "head" {
			t.Fatal("what was there before is gone")
		}
		if got := gunzip(t, file[4:]); !bytes.Equal(got, frame) {
			t.Fatalf("%d bytes, want %d", len(got), len(frame))
		}
	}
}

// TestShared: sixteen goroutines ask for parts of the same blocks, of three chains with one compressor.
func TestShared(t *testing.T) {
	var c Compressor
	frames := snapshots(t, 6)
	chains := [...]Chain{{Compressor: &c}, {Compressor: &c}, {Compressor: &c, Messages: true}}
	var blocks [len(chains)][]*Block
	for i := range chains {
		for _, frame := range frames {
			blocks[i] = append(blocks[i], chains[i].Next(frame))
		}
	}
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range chains {
				var s Stream
				sent, want := []byte(GzipHeader), []byte(nil)
				for n, b := range blocks[i] {
					if (g+n)%3 == 0 {
						continue
					}
					sent, want = append(sent, s.Add(b)...), append(want, frames[n]...)
					if chains[i].Messages {
						sent = append(sent, syncTail...)
					}
				}
				if got := gunzip(t, s.AppendEnd(sent)); !bytes.Equal(got, want) {
					t.Errorf("chain %d: %d bytes, want %d", i, len(got), len(want))
				}
				c.Gzip(nil, frames[0])
			}
		})
	}
	wg.Wait()
}

// TestRatio holds the compression to what it is for: from its second message on a viewer has got at most 0.30 of
// the plain bytes, and with the frame before at hand a message is a tenth of itself. The exception is a frame that stands
// alone: the first that a viewer gets, all of one that keeps no context, and the answer to a poll.
func TestRatio(t *testing.T) {
	const most, mostContext, mostAlone = 0.30, 0.10, 0.35
	var chain Chain
	var plain, key, context int
	frames := snapshots(t, 60)
	sent, all := len(chain.Next(frames[0]).Key()), len(frames[0])
	for i, frame := range frames[1:] {
		b := chain.Next(frame)
		plain, key, context = plain+len(frame), key+len(b.Key()), context+len(b.Context())
		sent, all = sent+len(b.Context()), all+len(frame)
		if got := float64(sent) / float64(all); got > most {
			t.Errorf("the first %d messages are %.4f of the plain bytes, want at most %v", i+2, got, most)
		}
	}
	k, c := float64(key)/float64(plain), float64(context)/float64(plain)
	t.Logf("of %d bytes a frame: key %.4f, context %.4f", plain/(len(frames)-1), k, c)
	if k > mostAlone || c > mostContext {
		t.Errorf("key is %.4f of the plain bytes and context %.4f, want at most %v and %v", k, c, mostAlone, mostContext)
	}
}

// TestGivenBack: an idle compressor has no memory after two collections; the next frame finds it anew.
func TestGivenBack(t *testing.T) {
	var c Compressor
	frame := snapshots(t, 1)[0]
	for range 2 {
		gone := make(chan bool)
		c.use(nil, func(e *engine) {
			runtime.AddCleanup(e, func(gone chan bool) { close(gone) }, gone)
		})
		runtime.GC()
		runtime.GC()
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			t.Fatal("the memory is still there")
		}
		gunzip(t, c.Gzip(nil, frame))
	}
}

// TestLongRun: the library counts positions in 31 bits, 32 KiB and a frame each time, and starts again after 65 000 frames
// or so. A match across that seam would be a wrong one.
func TestLongRun(t *testing.T) {
	if testing.Short() {
		t.Skip("140 000 frames")
	}
	var c Compressor
	c.use(nil, func(e *engine) {
		before := []byte(`data: {"id":"k3f9a1-0","busy":0.5}` + "\n\n")
		for i := range 140_000 {
			e.out.Reset()
			e.w.ResetDict(&e.out, before)
			if i%10 > 0 {
				continue
			}
			frame := fmt.Appendf(nil, `data: {"id":"k3f9a1-%d","busy":0.%d}`+"\n\n", i, i%97)
			e.w.Write(frame)
			e.w.Close()
			got, err := io.ReadAll(flate.NewReaderDict(&e.out, before))
			if err != nil || !bytes.Equal(got, frame) {
				t.Fatalf("frame %d: %q, %v", i, got, err)
			}
			before = frame
		}
	})
}
