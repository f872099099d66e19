package fanout

import (
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

const (
	frameSize   = 9000
	requestSize = 150
)

// A bench is a shard with viewers, whose work alone is timed, and not what the viewers do.
type bench struct {
	*testing.B
	*shard
	ends []net.Conn
	fds  []int32 // the shard's
	buf  []byte
	cpu  int64 // this process's while it was timed, ns: what else the machine does is not in it
}

// beside runs a benchmark with viewers whose sockets the processor's cache has room for and with more, by each way of a
// shard, and as the floor: the same bytes by the same ring over the same sockets, without anything of a line. What is
// more than the floor is ours.
func beside(b *testing.B, line func(*hub.Hub) Line, round func(*bench), floor func(*bench)) {
	for _, viewers := range []int{256, 4096} {
		for _, try := range []struct {
			name string
			way  Way
			do   func(*bench)
		}{{"io_uring", ByRing, round}, {"epoll", ByEpoll, round}, {"floor", ByRing, floor}} {
			b.Run(fmt.Sprintf("%s/%d", try.name, viewers), func(b *testing.B) {
				t := &bench{B: b, shard: openShard(b, try.way), buf: make([]byte, 1<<16)}
				ln, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					b.Fatal(err)
				}
				defer ln.Close()
				for range viewers {
					t.ends = append(t.ends, t.joinAs(b, ln, line(t.fanout.hub)))
				}
				for _, l := range t.lines {
					t.fds = append(t.fds, l.fd)
				}
				try.do(t)
				b.ReportMetric(0, "ns/op") // with what the viewers do
				b.ReportMetric(float64(t.cpu)/float64(b.N)/float64(viewers), "cpu-ns/line")
			})
		}
	}
}

// write and read are the viewers': untimed.
func (t *bench) write(bytes []byte) {
	for _, c := range t.ends {
		if _, err := c.Write(bytes); err != nil {
			t.Fatal(err)
		}
	}
}

func (t *bench) read(size int) {
	for _, c := range t.ends {
		for n := 0; n < size; {
			k, err := c.Read(t.buf)
			if err != nil {
				t.Fatal(err)
			}
			n += k
		}
	}
}

// send and receive are the floor's.
func (t *bench) send(bytes []byte) {
	for i := 0; i < len(t.fds); i += ringSize {
		ops := t.batch.ops[:min(ringSize, len(t.fds)-i)]
		for j := range ops {
			ops[j] = op{fd: t.fds[i+j], b: bytes, send: true}
		}
		t.batch.ring.run(ops)
	}
}

func (t *bench) receive() {
	var events [mostEvents]unix.EpollEvent
	for n := 1; n > 0; {
		n = t.poll.look(events[:])
		ops := t.batch.ops[:n]
		for i := range ops {
			ops[i] = op{fd: events[i].Pad, b: t.batch.read[i][:]}
		}
		t.batch.ring.run(ops)
	}
}

// What a message to many costs.
func BenchmarkRound(b *testing.B) {
	form := lines(frameSize)
	form.Words.Opening = nil
	beside(b, func(h *hub.Hub) Line { return listener(h, form) }, func(t *bench) {
		for t.Loop() {
			publish(t.fanout.hub, 1)
			t.timed(t.round)
			t.read(frameSize)
		}
	}, func(t *bench) {
		frame := make([]byte, frameSize)
		for t.Loop() {
			t.timed(func() { t.send(frame) })
			t.read(frameSize)
		}
	})
}

// What a request of each of many costs, with an answer to all of them.
func BenchmarkAsk(b *testing.B) {
	request, answer := make([]byte, requestSize), make([]byte, frameSize)
	ready := false
	beside(b, func(*hub.Hub) Line { return Line{Owner: &asker{answer: answer, ready: &ready}} }, func(t *bench) {
		var events [mostEvents]unix.EpollEvent
		for t.Loop() {
			t.write(request)
			t.timed(func() {
				for n := 1; n > 0; {
					n = t.poll.look(events[:])
					t.events(events[:n])
				}
				ready = true
				t.round()
				ready = false
			})
			t.read(frameSize)
		}
	}, func(t *bench) {
		for t.Loop() {
			t.write(request)
			t.timed(func() {
				t.receive()
				t.send(answer)
			})
			t.read(frameSize)
		}
	})
}

// timed is what is measured.
func (t *bench) timed(do func()) {
	began := cpuTime()
	do()
	t.cpu += cpuTime() - began
}

func cpuTime() int64 {
	var now unix.Timespec
	unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &now)
	return now.Nano()
}

// round writes to all lines.
func (t *bench) round() {
	t.everybody(func(l *line, now time.Duration) error { return t.say(l, now, 0) })
}

// An asker is a poller that understands everything, and answers when all may.
type asker struct {
	poller
	answer []byte
	ready  *bool
}

func (a *asker) Ask([]byte, time.Duration) error {
	a.asked = true
	return nil
}

func (a *asker) Answer(time.Duration) (response []byte, last bool) {
	if !a.asked || !*a.ready {
		return nil, false
	}
	return a.answer, false
}

func (*asker) Done(Reason) {}
