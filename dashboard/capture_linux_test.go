package dashboard

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A packet is one that tshark has seen.
type packet struct {
	stream         string // of one connection: ports are used again
	from, to       string // ports
	syn, fin, rst  bool
	retransmission bool
	payload        []byte
}

// A capture is what tshark has seen of one port.
type capture struct {
	mu      sync.Mutex
	packets []packet
	failed  error
}

func (c *capture) all() []packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.packets)
}

// of is the packets of the connection by which a viewer has asked, and whether the viewer has ended it.
func (c *capture) of(v *paid) (packets []packet, ended bool) {
	all := c.all()
	_, port, _ := net.SplitHostPort(v.site.addr)
	for _, p := range slices.Backward(all) {
		if p.to == port && (p.from == v.port || bytes.Contains(p.payload, []byte("viewer="+v.name+"&"))) {
			packets = slices.DeleteFunc(all, func(other packet) bool { return other.stream != p.stream })
			break
		}
	}
	return packets, slices.ContainsFunc(packets, func(p packet) bool { return p.to == port && (p.fin || p.rst) })
}

// sniff captures what passes by the sites' ports until the test ends. Where it cannot, the test is skipped, loudly; with CI=true it
// fails.
func sniff(t *testing.T, sites ...*site) *capture {
	t.Helper()
	cannot := func(why string) {
		t.Helper()
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		shout("SKIPPED: the meter is not held to a packet capture: " + why)
		t.Skip(why)
	}
	path, err := exec.LookPath("tshark")
	if err != nil {
		cannot("there is no tshark (Debian: apt install tshark)")
	}
	var ports []string
	for _, s := range sites {
		_, port, _ := net.SplitHostPort(s.addr)
		ports = append(ports, "tcp port "+port)
	}
	cmd := exec.CommandContext(t.Context(), path, "-i", "lo", "-f", strings.Join(ports, " or "), "-n", "-l", "-Q", "-B", "16", "-T", "fields", "-E", "separator=,",
		"-e", "tcp.stream", "-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "tcp.flags.syn", "-e", "tcp.flags.fin", "-e", "tcp.flags.reset",
		"-e", "tcp.analysis.retransmission", "-e", "tcp.payload")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that it ends its own child
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		cannot(err.Error())
	}
	c := new(capture)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				cmd.Wait()
				c.mu.Lock()
				c.failed = fmt.Errorf("tshark has ended: %s", strings.TrimSpace(said.String()))
				c.mu.Unlock()
				return
			}
			p, err := parsePacket(strings.TrimRight(line, "\n"))
			if err != nil {
				t.Errorf("tshark said %q: %v", line, err)
				continue
			}
			c.mu.Lock()
			c.packets = append(c.packets, p)
			c.mu.Unlock()
		}
	}()
	t.Cleanup(func() { // the context has ended by now
		<-over
	})
	// It says that it captures before it does: it captures when it has seen something.
	for start := time.Now(); len(c.all()) == 0; {
		c.mu.Lock()
		failed := c.failed
		c.mu.Unlock()
		if failed != nil {
			cannot("tshark cannot capture here: " + failed.Error())
		}
		if time.Since(start) > 20*time.Second {
			cannot("tshark has seen nothing for 20 s")
		}
		sites[0].get("healthz")
		time.Sleep(20 * time.Millisecond)
	}
	return c
}

// shout writes where a person sees it: go test keeps to itself what a package that passes has written.
func shout(line string) {
	terminal, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	if err != nil {
		terminal = os.Stderr
	} else {
		defer terminal.Close()
	}
	fmt.Fprintf(terminal, "\n%s\n\n", line)
}

// parsePacket reads a line of fields. What is known to be no flag is False or 0.
func parsePacket(line string) (p packet, err error) {
	f := strings.SplitN(line, ",", 8)
	if len(f) != 8 {
		return p, fmt.Errorf("%d fields", len(f))
	}
	set := func(text string) bool { return text == "1" || text == "True" }
	p = packet{stream: f[0], from: f[1], to: f[2], syn: set(f[3]), fin: set(f[4]), rst: set(f[5]), retransmission: f[6] != ""}
	p.payload, err = hex.DecodeString(strings.ReplaceAll(f[7], ":", ""))
	return p, err
}

// A bytesOf is how many a request had, and its answer.
type bytesOf struct{ in, out int }

// paid is a visit with what the client knows of it, and what the meter said of each request of a poll.
type paid struct {
	visit
	site      *site
	tape      *tape
	port      string // the client's, of a connection that cannot be read
	requested []bytesOf
}

// What the meter says is what passed by the network, to the byte: of a held connection both ways, of polls for each request.
// Packets too, but for those that the kernel does not count (the SYN-ACK) or that come after the last question (the end of
// the connection).
func TestAgainstCapture(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	byEpoll, byGo := open(t, Config{Lab: true}, ""), open(t, Config{Lab: true, portable: true}, "")
	byTLS, _, _ := secured(t)
	watch := sniff(t, byEpoll, byGo, byTLS)
	var all []*paid
	var last []*paid // of each
	var work sync.WaitGroup
	for _, s := range []*site{byEpoll, byGo, byTLS} {
		var own []*paid
		for _, v := range visits() {
			own = append(own, &paid{visit: v, site: s})
		}
		all, last = append(all, own...), append(last, own[len(own)-1])
		work.Go(func() {
			for _, p := range own {
				p.pay()
			}
		})
	}
	work.Wait()
	// Connections that come later are captured later.
	eventually(t, "the capture has the connections' ends", func() bool {
		byEpoll.get("healthz")
		return !slices.ContainsFunc(last, func(p *paid) bool {
			_, ended := watch.of(p)
			return !ended
		})
	})
	for _, p := range all {
		name := p.name
		if p.site == byGo {
			name += byGoroutine
		} else if p.site == byTLS {
			name += "-by-tls"
		}
		t.Run(name, func(t *testing.T) {
			packets, ended := watch.of(p)
			if !ended {
				t.Errorf("the capture lacks the connection's end")
			}
			p.compare(t, packets)
		})
	}
}

func (p *paid) pay() {
	before := bytesOf{}
	p.tape = p.site.pay(p.visit, func(*tape) {
		f := p.site.figures(p.visit).Bytes
		now := bytesOf{int(f.In.Total + f.In.TLS), int(f.Out.Total + f.Out.TLS)}
		p.requested = append(p.requested, bytesOf{now.in - before.in, now.out - before.out})
		before = now
	})
	if p.tape.below != nil {
		_, p.port, _ = net.SplitHostPort(p.tape.LocalAddr().String())
	}
	p.site.left(p.visit, p.tape)
}

// closeNotify is the length of the record that ends a TLS 1.3 connection (RFC 8446, sections 5.2 and 6.1).
const closeNotify = 24

func (p *paid) compare(t *testing.T, packets []packet) {
	_, server, _ := net.SplitHostPort(p.site.addr)
	var in, out []byte
	var requested []bytesOf // a request, and all that is said until the next
	packetsIn, packetsOut, retransmitted, ending, wasIn, reset := 0, 0, 0, false, false, false
	for _, packet := range packets {
		if packet.to == server {
			reset = reset || packet.rst
			if !ending {
				packetsIn++
			}
			if packet.retransmission || len(packet.payload) == 0 {
				continue
			}
			in = append(in, packet.payload...)
			if !wasIn {
				requested = append(requested, bytesOf{})
			}
			wasIn = true
			requested[len(requested)-1].in += len(packet.payload)
			continue
		}
		if ending = ending || packet.fin || packet.rst; !packet.syn && !ending {
			packetsOut++
		}
		if packet.retransmission {
			retransmitted++
			continue
		}
		if out = append(out, packet.payload...); len(packet.payload) > 0 {
			wasIn = false
			requested[len(requested)-1].out += len(packet.payload)
		}
	}
	f := p.site.figures(p.visit)
	// What the kernel has taken is not on the wire where a viewer that has left reset the connection before: TLS's goodbye.
	outIs := func(metered int64) bool {
		return metered == int64(len(out)) || p.tape.below != nil && reset && metered == int64(len(out))+closeNotify
	}
	tape := p.tape
	if secure := tape.below != nil; secure {
		tape = tape.below
		eventually(t, "the goodbye is accounted for", func() bool {
			f = p.site.figures(p.visit)
			return f.Bytes.In.Total+f.Bytes.In.TLS == int64(len(in)) && outIs(f.Bytes.Out.Total+f.Bytes.Out.TLS)
		})
		if inside, _ := p.tape.passed(); int64(len(inside)) != f.Bytes.In.Total || f.Bytes.Out.TLS == 0 {
			t.Errorf("the client has said %d bytes inside, the meter says %+v", len(inside), f.Bytes)
		}
		if n := len(p.requested); n > 0 { // the handshake's are the first request's, the goodbye's nobody's
			for requested = requested[:len(requested)-1]; len(requested) > n; requested = requested[1:] {
				requested[1].in += requested[0].in
				requested[1].out += requested[0].out
			}
		}
	}
	sent, came := tape.passed()
	if !bytes.Equal(in, sent) || int64(len(in)) != f.Bytes.In.Total+f.Bytes.In.TLS {
		t.Errorf("in: the capture has %d bytes, the client sent %d, the meter says %+v", len(in), len(sent), f.Bytes.In)
	}
	if !bytes.HasPrefix(out, came) || !outIs(f.Bytes.Out.Total+f.Bytes.Out.TLS) { // the client may have left before the last came
		t.Errorf("out: the capture has %d bytes, the client got %d, the meter says %+v", len(out), len(came), f.Bytes.Out)
	}
	if strings.Contains(p.technique, "polling") && !slices.Equal(p.requested, requested) {
		t.Errorf("requests: the capture has %v, the meter says %v", requested, p.requested)
	}
	k := f.Kernel
	if k == nil {
		t.Fatalf("the kernel has told nothing: %+v", f)
	}
	if p.tape.below != nil { // by the time of the last question it is not known how long the goodbye takes
		packetsIn, packetsOut = int(k.Packets.In), int(k.Packets.Out)
	}
	if k.Packets.In == 0 || k.Packets.In != int64(packetsIn) || k.Packets.Out != int64(packetsOut) || k.Retransmits != int64(retransmitted) {
		t.Errorf("packets: the capture has %d in, %d out, %d sent again; the meter says %+v", packetsIn, packetsOut, retransmitted, *k)
	}
	if k.RTT <= 0 || k.MinRTT <= 0 || k.RTT > 1000 || k.Unsent != 0 {
		t.Errorf("got %+v", *k)
	}
	t.Logf("%d requests, %d bytes in, %d out, %d packets in, %d out, rtt %v ms", f.Requests, len(in), len(out), packetsIn, packetsOut, k.RTT)
}
