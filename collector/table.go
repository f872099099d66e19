package collector

// A Table is numbers under names that the kernel gave them, in its order: counters since boot and gauges, for /metrics.
// Tables of one source share their names from read to read.
type Table struct {
	Names  []string
	Values []uint64
}

// Get looks a name up.
func (t Table) Get(name string) (v uint64, ok bool) {
	for i, n := range t.Names {
		if n == name {
			return t.Values[i], true
		}
	}
	return 0, false
}

// A tableBuilder fills tables of one kind, read after read. As long as the names stay the same, a table costs one
// allocation.
type tableBuilder struct {
	names  []string
	values []uint64
	shared bool // names is in a table that was returned
}

func (b *tableBuilder) add(name []byte, v uint64) {
	i := len(b.values)
	b.values = append(b.values, v)
	if i < len(b.names) && b.names[i] == string(name) {
		return
	}
	if b.shared { // a name has changed: tables that were returned keep theirs
		b.names, b.shared = append([]string(nil), b.names[:min(i, len(b.names))]...), false
	}
	b.names = append(b.names[:i], string(name))
}

// table returns what was added since the last call.
func (b *tableBuilder) table() Table {
	if len(b.names) != len(b.values) {
		b.names = b.names[:len(b.values):len(b.values)]
	}
	t := Table{Names: b.names, Values: append([]uint64(nil), b.values...)}
	b.values, b.shared = b.values[:0], true
	return t
}
