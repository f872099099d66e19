package collector

import (
	"slices"
	"strconv"
	"testing"
)

func TestSmallFiles(t *testing.T) {
	host := tree{"sys/a/text": "some\n", "sys/a/b/": ""}
	want := []string{"b", "text"}
	for i := range 500 { // more than the buffer has room for
		name := "file" + strconv.Itoa(i)
		host["sys/a/"+name], want = "", append(want, name)
	}
	dir := host.write(t).sys
	var s smallFiles
	if got := string(s.read(dir, "a", "text")); got != "some\n" {
		t.Errorf("read %q", got)
	}
	if s.read(dir, "a", "none") != nil || s.read(dir, "a/b") != nil {
		t.Error("read what cannot be")
	}
	if !s.exists(dir, "a", "b") || s.exists(dir, "b") {
		t.Error("what exists")
	}
	var names []string
	ok := s.list(func(name []byte) bool { names = append(names, string(name)); return true }, dir, "a")
	slices.Sort(names)
	slices.Sort(want)
	if !ok || !slices.Equal(names, want) {
		t.Errorf("%d names, want %d", len(names), len(want))
	}
	if s.list(func([]byte) bool { return true }, dir, "none") {
		t.Error("listed what is not there")
	}
	n := 0
	if s.list(func([]byte) bool { n++; return n < 3 }, dir, "a"); n != 3 {
		t.Errorf("%d names after it was enough", n)
	}
	if allocs := testing.AllocsPerRun(10, func() {
		s.read(dir, "a", "text")
		s.exists(dir, "a")
		s.list(func([]byte) bool { n++; return true }, dir, "a")
	}); allocs > 0 {
		t.Errorf("%g allocations", allocs)
	}
}
