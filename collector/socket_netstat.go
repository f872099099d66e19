package collector

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
)

// netstatFields are what node_exporter takes of these files unless it is told otherwise.
var netstatFields = regexp.MustCompile(`^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|` +
	`TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|` +
	`Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|` +
	`Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$`)

const (
	mostNetstatRows    = 1024 // of one file
	mostNetstatColumns = 1024 // of one protocol
	longestNetstatName = 64
)

var errNetstat = errors.New("malformed table of counters")

// A netstatColumn is a counter of these files, and what is made of it: decided once.
type netstatColumn struct {
	name    []byte // in the Table; nil if it is left out
	counter int    // in socketCounters; -1 if it is none
}

func netstatColumnOf(protocol, name []byte) netstatColumn {
	column := netstatColumn{counter: -1}
	full := slices.Concat(protocol, []byte("_"), name)
	if !isSocketName(full) {
		return column
	}
	column.counter = slices.Index(socketCounterNames[:], string(full))
	if netstatFields.Match(full) {
		column.name = full
	}
	return column
}

// isSocketName: the kernel's names are words. Another one would be no name of a metric.
func isSocketName(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return len(name) > 0 && len(name) <= longestNetstatName
}

func (c *netstatColumn) wanted() bool { return c.name != nil || c.counter >= 0 }

func (c *netstatColumn) add(v uint64, table *tableBuilder, counters *socketCounters) {
	if c.name != nil {
		table.add(c.name, v)
	}
	if c.counter >= 0 {
		counters.set(c.counter, v)
	}
}

// netstatRows are the rows of /proc/net/snmp and of /proc/net/netstat: of each protocol a line of names and one of
// values, both led by the name of the protocol.
type netstatRows struct{ rows []netstatRow }

type netstatRow struct {
	protocol []byte
	names    []byte // the line that columns is made of
	columns  []netstatColumn
	values   []uint64 // of the columns that are wanted
	known    []bool
}

// parse adds the values of a file. What is malformed is left out, and is an error.
func (t *netstatRows) parse(b []byte, table *tableBuilder, counters *socketCounters) (err error) {
	i := 0
	for len(b) > 0 && i < mostNetstatRows {
		names, rest := cutLine(b)
		values, after := cutLine(rest)
		protocol, _ := cutWord(names)
		again, values := cutWord(values)
		if after == nil || !bytes.Equal(protocol, again) || !bytes.HasSuffix(protocol, []byte(":")) {
			err, b = errNetstat, rest
			continue
		}
		b = after
		row := t.row(i, names)
		i++
		if !row.add(values, table, counters) {
			err = errNetstat
		}
	}
	if i == 0 {
		return errNetstat
	}
	return err
}

// row is number i, made anew together with the following ones if it has other names than before.
func (t *netstatRows) row(i int, names []byte) *netstatRow {
	if i < len(t.rows) && bytes.Equal(t.rows[i].names, names) {
		return &t.rows[i]
	}
	t.rows = t.rows[:i]
	word, rest := cutWord(names)
	row := netstatRow{names: bytes.Clone(names), protocol: bytes.Clone(bytes.TrimSuffix(word, []byte(":")))}
	again := slices.ContainsFunc(t.rows, func(r netstatRow) bool { return bytes.Equal(r.protocol, row.protocol) })
	for len(row.columns) < mostNetstatColumns {
		if word, rest = cutWord(rest); len(word) == 0 {
			break
		}
		column := netstatColumnOf(row.protocol, word)
		if again || row.has(column) {
			column = netstatColumn{counter: -1}
		}
		row.columns = append(row.columns, column)
	}
	row.values, row.known = make([]uint64, len(row.columns)), make([]bool, len(row.columns))
	t.rows = append(t.rows, row)
	return &t.rows[i]
}

func (r *netstatRow) has(c netstatColumn) bool {
	return c.wanted() && slices.ContainsFunc(r.columns, func(other netstatColumn) bool {
		return c.counter >= 0 && c.counter == other.counter || c.name != nil && bytes.Equal(c.name, other.name)
	})
}

// add takes a line of values; false if it has not one for each name. A value may be negative, as the one of Tcp MaxConn
// is: then it is left out.
func (r *netstatRow) add(line []byte, table *tableBuilder, counters *socketCounters) bool {
	for i := range r.columns {
		var word []byte
		if word, line = cutWord(line); len(word) == 0 {
			return false
		}
		if r.columns[i].wanted() {
			r.values[i], r.known[i] = parseUint(word)
		}
	}
	if word, _ := cutWord(line); len(word) > 0 {
		return false
	}
	for i := range r.columns {
		if r.known[i] {
			r.columns[i].add(r.values[i], table, counters)
		}
	}
	return true
}

// netstatLines are the lines of /proc/net/snmp6: "Ip6InOctets 123", the name of the protocol up to the 6.
type netstatLines struct{ lines []netstatLine }

type netstatLine struct {
	name   []byte
	column netstatColumn
}

func (t *netstatLines) parse(b []byte, table *tableBuilder, counters *socketCounters) (err error) {
	for i := 0; len(b) > 0 && i < mostNetstatRows; i++ {
		line, rest := cutLine(b)
		b = rest
		name, line := cutWord(line)
		column := t.column(i, name)
		if !column.wanted() {
			continue
		}
		v, _, ok := cutUint(line)
		if !ok || rest == nil {
			err = errNetstat
			continue
		}
		column.add(v, table, counters)
	}
	return err
}

// column is what is made of line i, decided anew together with the following ones if it has another name than before.
func (t *netstatLines) column(i int, name []byte) *netstatColumn {
	if i < len(t.lines) && bytes.Equal(t.lines[i].name, name) {
		return &t.lines[i].column
	}
	t.lines = t.lines[:i]
	line := netstatLine{name: bytes.Clone(name), column: netstatColumn{counter: -1}}
	again := slices.ContainsFunc(t.lines, func(l netstatLine) bool { return bytes.Equal(l.name, name) })
	if six := bytes.IndexByte(name, '6'); six >= 0 && !again {
		line.column = netstatColumnOf(name[:six+1], name[six+1:])
	}
	t.lines = append(t.lines, line)
	return &t.lines[i].column
}

// mostSockstat bounds the names of /proc/net/sockstat and sockstat6 together; the kernel has 20.
const mostSockstat = 64

// parseSockstat adds the values of lines such as "TCP: inuse 5 orphan 0 tw 3 alloc 7 mem 2". Memory is in pages.
func parseSockstat(b []byte, page uint64, table *tableBuilder) (err error) {
	var name [longestNetstatName]byte
	if len(b) == 0 {
		return errNetstat
	}
	for len(b) > 0 {
		line, rest := cutLine(b)
		b = rest
		protocol, line := cutWord(line)
		protocol, ok := bytes.CutSuffix(protocol, []byte(":"))
		if !ok || rest == nil {
			err = errNetstat
			continue
		}
		for {
			var key []byte
			if key, line = cutWord(line); len(key) == 0 {
				break
			}
			var v uint64
			v, line, ok = cutUint(line)
			full := len(protocol)+len(key)+len("__bytes") <= len(name)
			if !ok || !full || len(table.values) >= mostSockstat {
				err = errNetstat
				break
			}
			n := append(append(append(name[:0], protocol...), '_'), key...)
			addSockstat(table, n, v)
			if string(key) == "mem" && v <= (1<<64-1)/page {
				addSockstat(table, append(n, "_bytes"...), v*page)
			}
		}
	}
	return err
}

// addSockstat leaves out what is no name, and a name that is there already.
func addSockstat(table *tableBuilder, name []byte, v uint64) {
	if !isSocketName(name) {
		return
	}
	for i := range table.values {
		if table.names[i] == string(name) {
			return
		}
	}
	table.add(name, v)
}
