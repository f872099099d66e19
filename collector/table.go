package collector

import "slices"

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

// longestTable bounds a table. /proc/vmstat, the longest that is read, has some 200 rows.
const longestTable = 1 << 10

// A tableBuilder fills tables of one kind, read after read. As long as the names stay the same, a table costs one
// allocation at most.
type tableBuilder struct {
	names  []string
	values []uint64
	shared bool // names is in a table that was returned
}

// add leaves out what is beyond the longest table there is.
func (b *tableBuilder) add(name []byte, v uint64) {
	i := len(b.values)
	if i == longestTable {
		return
	}
	b.values = append(b.values, v)
	if i < len(b.names) && b.names[i] == string(name) {
		return
	}
	text := clean(string(name))
	if i < len(b.names) && b.names[i] == text {
		return
	}
	if b.shared { // a name has changed: tables that were returned keep theirs
		b.names, b.shared = append([]string(nil), b.names[:min(i, len(b.names))]...), false
	}
	b.names = append(b.names[:i], text)
}

// drop forgets what was added since the last call of table: it was not all.
func (b *tableBuilder) drop() { b.values = b.values[:0] }

// table returns what was added since the last call. The values are put where there is room, a part of the same snapshot,
// if they are no more than that.
func (b *tableBuilder) table(room []uint64) Table {
	if len(b.names) != len(b.values) {
		b.names = b.names[:len(b.values):len(b.values)]
	}
	t := Table{Names: b.names, Values: slices.Clip(append(room[:0], b.values...))}
	b.values, b.shared = b.values[:0], true
	return t
}
