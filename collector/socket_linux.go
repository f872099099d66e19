package collector

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"
)

// conntrackLimitEvery is how often that is read: it hardly changes.
const conntrackLimitEvery = 10 * time.Second

// A socketReader reads the tables of the host's network namespace.
type socketReader struct {
	sockstat, sockstat6   maybeFile
	snmp, netstat, snmp6  maybeFile
	conntrack, limit      maybeFile
	entries               func([]byte) Number // in conntrack
	limitAt               time.Time
	conntrackLimit        Number
	snmpRows, netstatRows netstatRows
	snmp6Lines            netstatLines
	sockets, counts       tableBuilder
	before, after         socketCounters
	at                    time.Time
	tcp                   tcpReader
	softnet               softnetReader
}

func newSocketReader(r roots) *socketReader {
	file := func(path string) maybeFile { return maybeFile{kernelFile: kernelFile{path: path, prompt: true}} }
	s := &socketReader{
		sockstat: file(r.ofNet("sockstat")), sockstat6: file(r.ofNet("sockstat6")),
		snmp: file(r.ofNet("snmp")), netstat: file(r.ofNet("netstat")), snmp6: file(r.ofNet("snmp6")),
		conntrack: file(r.ofProc("sys", "net", "netfilter", "nf_conntrack_count")), entries: parseConntrack,
		limit: file(r.ofProc("sys", "net", "netfilter", "nf_conntrack_max")),
		tcp:   newTCPReader(r), softnet: softnetReader{file: file(r.ofNet("softnet_stat"))},
	}
	if r.isElsewhere() {
		// There too, sysctl has the reader's own namespace. The limit is the same for all.
		s.conntrack, s.entries = file(r.ofNet("stat", "nf_conntrack")), parseConntrackStat
	}
	return s
}

func (s *socketReader) read(ctx context.Context) (Part, error) {
	now := time.Now()
	part := &socketPart{}
	p := &part.sockets
	s.after = socketCounters{}
	tables, err := s.readTables(now)
	if tables == 0 {
		if err == nil {
			return nil, notHere("the system does not count its sockets")
		}
		return nil, fmt.Errorf("read sockets: %w", err)
	}
	p.Sockstat, p.Netstat = s.sockets.table(part.rows[:]), s.counts.table(part.counts[:])
	p.rates(&s.before, &s.after, between(s.at, now))
	s.before, s.at = s.after, now

	p.Used = socketNumber(p.Sockstat, "sockets_used")
	p.UDP = socketSum(socketNumber(p.Sockstat, "UDP_inuse"), socketNumber(p.Sockstat, "UDP6_inuse"))
	var censusErr error
	s.tcp.watch(!Unwatched(ctx), now)
	p.TCP, censusErr = s.tcp.read(now, s.after.now(socketConnections), socketNumber(p.Sockstat, "TCP_tw"))
	if v, _ := p.ListenOverflows.Get(); v > 0 || len(s.tcp.full) > 0 {
		s.tcp.refusing(now)
	}
	p.FullListeners = s.tcp.full
	p.TCP.Orphans = socketNumber(p.Sockstat, "TCP_orphan")
	p.Conntrack, p.ConntrackLimit = s.readConntrack(now)
	var softnetErr error
	p.Softnet, softnetErr = s.softnet.read(now)
	err = cmp.Or(err, censusErr, softnetErr)
	if err != nil {
		return part, fmt.Errorf("read sockets: %w", err)
	}
	return part, nil
}

// readTables reads the five tables into sockets, counts and after. It returns how many there were, and one error.
func (s *socketReader) readTables(now time.Time) (tables int, err error) {
	s.sockets.values, s.counts.values = s.sockets.values[:0], s.counts.values[:0] // a read before may have panicked
	page := uint64(os.Getpagesize())
	for _, t := range [...]struct {
		file  *maybeFile
		parse func([]byte) error
	}{
		{&s.snmp, func(b []byte) error { return s.snmpRows.parse(b, &s.counts, &s.after) }},
		{&s.netstat, func(b []byte) error { return s.netstatRows.parse(b, &s.counts, &s.after) }},
		{&s.snmp6, func(b []byte) error { return s.snmp6Lines.parse(b, &s.counts, &s.after) }},
		{&s.sockstat, func(b []byte) error { return parseSockstat(b, page, &s.sockets) }},
		{&s.sockstat6, func(b []byte) error { return parseSockstat(b, page, &s.sockets) }},
	} {
		b, readErr := t.file.read(now)
		if errors.Is(readErr, fs.ErrNotExist) {
			continue
		}
		if readErr == nil {
			tables++
			readErr = t.parse(b)
		}
		if readErr != nil && err == nil {
			err = fmt.Errorf("%s: %w", t.file.path, readErr)
		}
	}
	return tables, err
}

// readConntrack: without a connection tracker both are unknown.
func (s *socketReader) readConntrack(now time.Time) (entries, limit Number) {
	b, _ := s.conntrack.read(now)
	entries = s.entries(b)
	if _, ok := entries.Get(); !ok {
		return Number{}, Number{}
	}
	if s.limitAt.IsZero() || now.Sub(s.limitAt) >= conntrackLimitEvery {
		s.limitAt = now
		b, _ := s.limit.read(now)
		s.conntrackLimit = parseConntrack(b)
	}
	return entries, s.conntrackLimit
}

func parseConntrack(b []byte) Number { return parseCount(b).number() }

// parseConntrackStat reads the entries of /proc/net/stat/nf_conntrack: a line of names, and for each processor a line
// of hexadecimal numbers, of which the first, "entries", is the same in all.
func parseConntrackStat(b []byte) Number {
	head, rest := cutLine(b)
	line, rest := cutLine(rest)
	name, _ := cutWord(head)
	word, _ := cutWord(line)
	if rest == nil || !bytes.Equal(name, []byte("entries")) {
		return Number{}
	}
	v, err := strconv.ParseUint(string(word), 16, 64)
	if err != nil {
		return Number{}
	}
	return Known(float64(v))
}
