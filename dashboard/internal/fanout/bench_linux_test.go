package fanout

import (
	"net"
	"testing"
	"time"
)

// What a message to many costs, by each way of a shard: the round alone, and not what their viewers do with it.
func BenchmarkRound(b *testing.B) {
	const viewers, size = 256, 9000
	for _, way := range []Way{ByRing, ByEpoll} {
		b.Run(way.String(), func(b *testing.B) {
			s := openShard(b, way)
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer ln.Close()
			form, ends := lines(size), make([]net.Conn, viewers)
			form.Words.Opening = nil
			for i := range ends {
				ends[i] = s.join(b, ln, form)
			}
			buf := make([]byte, 1<<16)
			for b.Loop() {
				b.StopTimer()
				publish(s.fanout.hub, 1)
				b.StartTimer()
				s.everybody(func(l *line, now time.Duration) error { return s.say(l, now, 0) })
				b.StopTimer()
				for _, c := range ends {
					for n := 0; n < size; {
						k, err := c.Read(buf)
						if err != nil {
							b.Fatal(err)
						}
						n += k
					}
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/viewers, "ns/line")
		})
	}
}
