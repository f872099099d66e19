package deflate

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"github.com/klauspost/compress/flate"
)

// BenchmarkLevels is the table by which level was chosen.
func BenchmarkLevels(b *testing.B) {
	frames := snapshots(b, 60)
	for level := 1; level <= 9; level++ {
		for _, part := range []string{"key", "context"} {
			b.Run(fmt.Sprint(level, "/", part), func(b *testing.B) {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				var out bytes.Buffer
				w, err := flate.NewWriter(nil, level)
				if err != nil {
					b.Fatal(err)
				}
				var plain, sent, i int
				once := func() {
					i++
					var dictionary []byte
					if part == "context" {
						dictionary = frames[(i-1)%59]
					}
					frame := frames[(i-1)%59+1]
					out.Reset()
					w.ResetDict(&out, dictionary)
					w.Write(frame)
					w.Flush()
					plain, sent = plain+len(frame), sent+out.Len()
				}
				once()
				runtime.GC()
				runtime.ReadMemStats(&after)
				for b.Loop() {
					once()
				}
				b.ReportMetric(float64(sent)/float64(plain), "ratio")
				b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/1024, "KiB")
			})
		}
	}
}

// BenchmarkNext is what a message costs while no part is asked for.
func BenchmarkNext(b *testing.B) {
	frame := snapshots(b, 1)[0]
	var chain Chain
	b.ReportAllocs()
	for b.Loop() {
		chain.Next(frame)
	}
}

// BenchmarkAdd is what a block costs each viewer.
func BenchmarkAdd(b *testing.B) {
	frames := snapshots(b, 2)
	var chain Chain
	first, second := chain.Next(frames[0]), chain.Next(frames[1])
	var start, s Stream
	start.Add(first)
	second.Context()
	b.ReportAllocs()
	for b.Loop() {
		s = start
		s.Add(second)
	}
}

func BenchmarkGzip(b *testing.B) {
	frame := snapshots(b, 1)[0]
	var c Compressor
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = c.Gzip(dst[:0], frame)
	}
}
