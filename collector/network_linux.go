package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// netFactsEvery is how often the facts about an interface are read again: six files each.
	netFactsEvery = 10 * time.Second
	// mostNetFacts bounds of how many interfaces one read asks for facts. The others' turn is at the next.
	mostNetFacts = 256
)

// A networkReader reads /proc/net/dev, and facts from /sys/class/net (Documentation/ABI/testing/sysfs-class-net).
type networkReader struct {
	dev   kernelFile
	sys   string
	own   interfaceLookup // nil where the interfaces are not those of this process's namespace
	table netTable
	name  []byte
	fact  [64]byte
	short bool // of descriptors or memory: the facts that were read last may lack some
}

func newNetworkReader(r roots) *networkReader {
	return &networkReader{dev: kernelFile{path: r.ofNet("dev"), prompt: true}, sys: r.ofSys("class", "net"), own: r.ownInterfaces(), table: netTable{all: true}}
}

// ofNet is a path below the /proc/net of the host. That is a link to the reader's own namespace: where the host's
// /proc is another one, its process 1 has the host's.
func (r roots) ofNet(elem ...string) string {
	if r.isElsewhere() {
		return r.ofProc("1", "net", filepath.Join(elem...))
	}
	return r.ofProc("net", filepath.Join(elem...))
}

// ownInterfaces asks this process's own namespace, where the host's /proc is the one that it has: that is the namespace
// of the interfaces in /proc/net then.
func (r roots) ownInterfaces() interfaceLookup {
	if r.isElsewhere() {
		return nil
	}
	return ownInterface
}

func (n *networkReader) read(context.Context) (Part, error) {
	b, err := n.dev.read()
	if err != nil {
		return nil, fmt.Errorf("read networks: %w", err)
	}
	now := time.Now()
	n.table.begin()
	err = parseNetDev(b, &n.table)
	n.table.end()
	if err != nil {
		err = fmt.Errorf("read networks: %w", err)
		if len(n.table.devices) == 0 {
			return nil, err
		}
	}
	n.readFacts(now)
	return &networkPart{networks: n.table.networks(now)}, err
}

var errNetDevLine = errors.New("malformed line in the table of interfaces")

// parseNetDev adds the interfaces of /proc/net/dev to t. A line that is none is left out, and is an error.
func parseNetDev(b []byte, t *netTable) (err error) {
	heads := 0
	for len(b) > 0 {
		line, rest := cutLine(b)
		torn := rest == nil // the kernel ends each line
		b = rest
		if heads < 2 && bytes.IndexByte(line, '|') >= 0 {
			heads++
			continue
		}
		name, counters, ok := parseNetDevLine(line)
		if !ok || torn || heads < 2 {
			err = errNetDevLine
			continue
		}
		if t.add(name, &counters) {
			return fmt.Errorf("more than %d interfaces: the others are left out", mostNetworks)
		}
	}
	if heads < 2 {
		return errors.New("no table of interfaces")
	}
	return err
}

// parseNetDevLine splits "eth0: 1 2 3 …". The numbers may touch the colon, and the name of an alias has one itself.
func parseNetDevLine(line []byte) (name []byte, counters netCounters, ok bool) {
	colon := bytes.LastIndexByte(line, ':')
	if colon < 0 {
		return nil, counters, false
	}
	name, rest := bytes.TrimLeft(line[:colon], " \t"), line[colon+1:]
	for i := range counters {
		if counters[i], rest, ok = cutUint(rest); !ok {
			return nil, counters, false
		}
	}
	return name, counters, len(name) > 0
}

// readFacts asks for the facts that are due.
func (n *networkReader) readFacts(now time.Time) {
	left := mostNetFacts
	for _, d := range n.table.devices {
		if !d.askedAt.IsZero() && now.Sub(d.askedAt) < netFactsEvery {
			continue
		}
		if left--; left < 0 {
			return
		}
		n.short = false
		facts, ok := n.readFactsOf(d.name)
		switch {
		case n.short:
			d.askedAt = now // what is known stays
		case ok:
			d.know(facts, now)
		default:
			d.knowNothing(now)
		}
	}
}

func (n *networkReader) readFactsOf(name string) (facts netFacts, ok bool) {
	if strings.Contains(name, "/") || name == "." || name == ".." {
		return facts, false
	}
	n.name = append(append(append(append(n.name[:0], n.sys...), '/'), name...), 0)
	dir, errno := openAt(unix.AT_FDCWD, n.name, unix.O_PATH|unix.O_DIRECTORY)
	if errno != 0 {
		n.short = isShort(errno)
		return facts, false
	}
	defer unix.Close(dir)
	if facts.index, ok = parseUint(n.readFact(dir, "ifindex")); !ok {
		return facts, false
	}
	if !n.own.isOwn(name, facts.index, n.readFact(dir, "address")) {
		return netFacts{}, false
	}
	facts.state = netState(n.readFact(dir, "operstate"))
	facts.speed = netSpeed(n.readFact(dir, "speed"))
	facts.mtu = netNumber(n.readFact(dir, "mtu"))
	facts.carrier = netNumber(n.readFact(dir, "carrier"))
	facts.hardware = unix.Faccessat(dir, "device", unix.F_OK, 0) == nil
	return facts, true
}

// readFact returns the text of a file, empty if there is none: the speed and the carrier of an interface that is down
// cannot be read.
func (n *networkReader) readFact(dir int, name string) []byte {
	n.name = append(append(n.name[:0], name...), 0)
	file, errno := openAt(dir, n.name, unix.O_RDONLY)
	if errno != 0 {
		n.short = n.short || isShort(errno)
		return nil
	}
	defer unix.Close(file)
	for range 10 {
		m, err := unix.Read(file, n.fact[:])
		if err == nil {
			return bytes.TrimSpace(n.fact[:m])
		}
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	return nil
}

func netNumber(word []byte) Number {
	if v, ok := parseUint(word); ok {
		return Known(float64(v))
	}
	return Number{}
}

// netSpeed is bytes per second, from Mbit/s. A link without a speed has none, -1, or -1 in 32 bits.
func netSpeed(word []byte) Number {
	mbits, ok := parseUint(word)
	if !ok || mbits == 0 || mbits >= 1<<31-1 {
		return Number{}
	}
	return Known(float64(mbits) * 1e6 / 8)
}

// netState is one of the states of RFC 2863 (ifOperStatus), as the kernel writes them.
func netState(word []byte) string {
	switch string(word) {
	case "up":
		return "up"
	case "down":
		return "down"
	case "dormant":
		return "dormant"
	case "testing":
		return "testing"
	case "notpresent":
		return "notpresent"
	case "lowerlayerdown":
		return "lowerlayerdown"
	}
	return "" // also for "unknown"
}
