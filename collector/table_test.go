package collector

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

func tableWith(b *tableBuilder, rows ...string) Table {
	for i, name := range rows {
		b.add([]byte(name), uint64(i))
	}
	return b.table(nil)
}

// However the rows change, a table that was returned stays as it was.
func TestTables(t *testing.T) {
	var b tableBuilder
	var tables []Table
	kinds := [][]string{{"a", "b", "c"}, {"a", "b", "c"}, {"a", "b"}, {"a", "b", "c"}, {"a", "x", "c", "d"}, {}, {"a"}, {"a", "b", "c"}, {"x\n"}, {"x\n"}}
	for _, rows := range kinds {
		tables = append(tables, tableWith(&b, rows...))
	}
	kinds[8], kinds[9] = []string{"x\uFFFD"}, []string{"x\uFFFD"}
	for i, table := range tables {
		if !slices.Equal(table.Names, kinds[i]) || len(table.Values) != len(kinds[i]) {
			t.Errorf("table %d is %v, want %q", i, table, kinds[i])
		}
		for j, v := range table.Values {
			if v != uint64(j) {
				t.Errorf("table %d is %v", i, table)
			}
		}
	}
	if &tables[0].Names[0] != &tables[1].Names[0] {
		t.Error("the same names, made twice")
	}
	if v, ok := tables[0].Get("b"); v != 1 || !ok {
		t.Errorf("b is %d, %t", v, ok)
	}
	if v, ok := tables[0].Get("x"); v != 0 || ok {
		t.Errorf("x is %d, %t", v, ok)
	}
}

func TestTableDropped(t *testing.T) {
	var b tableBuilder
	first := tableWith(&b, "a", "b", "c")
	b.add([]byte("a"), 9)
	b.add([]byte("z"), 9)
	b.drop()
	if got := tableWith(&b, "a", "b", "c"); !reflect.DeepEqual(got, first) {
		t.Errorf("got %v, want %v", got, first)
	}
}

func TestTableIsBounded(t *testing.T) {
	var b tableBuilder
	for i := range 2 * longestTable {
		b.add(fmt.Appendf(nil, "row %d", i), 1)
	}
	if got := b.table(nil); len(got.Names) != longestTable || len(got.Values) != longestTable {
		t.Errorf("%d names, %d values", len(got.Names), len(got.Values))
	}
}

func TestTableAllocations(t *testing.T) {
	var b tableBuilder
	names := [][]byte{[]byte("a"), []byte("b")}
	if got := testing.AllocsPerRun(100, func() {
		for _, name := range names {
			b.add(name, 1)
		}
		b.table(nil)
	}); got != 1 {
		t.Errorf("%g allocations, want 1", got)
	}
}

func FuzzTable(f *testing.F) {
	f.Add("abc", "abd", "ab")
	f.Fuzz(func(t *testing.T, first, second, third string) {
		var b tableBuilder
		var tables []Table
		for _, rows := range []string{first, second, third, first} {
			for i := range min(len(rows), longestTable) {
				b.add([]byte{'n', rows[i]}, uint64(rows[i]))
			}
			tables = append(tables, b.table(nil))
		}
		for i, rows := range []string{first, second, third, first} {
			for j := range min(len(rows), longestTable) {
				if tables[i].Names[j] != clean(string([]byte{'n', rows[j]})) || tables[i].Values[j] != uint64(rows[j]) {
					t.Errorf("table %d of %q is %v", i, rows, tables[i])
				}
			}
		}
	})
}
