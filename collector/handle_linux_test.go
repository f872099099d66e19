package collector

import (
	"strings"
	"testing"
)

func TestHandleSource(t *testing.T) {
	source := handleSource(tree{"proc/sys/fs/file-nr": "592\t0\t2466183\n"}.write(t))
	if got := read(t, source).Handles; *got != (Handles{Allocated: 592, Maximum: 2466183}) {
		t.Errorf("got %+v", got)
	}
	for name, host := range map[string]tree{"nothing": {"proc/": ""}, "torn": {"proc/sys/fs/file-nr": "592\t0"}} {
		if part, err := handleSource(host.write(t)).Read(t.Context()); part != nil || err == nil || !strings.HasPrefix(err.Error(), "read handles: ") {
			t.Errorf("%s: %v, %v", name, part, err)
		}
	}
	here := handleSource(hostRoots())
	if got := read(t, here).Handles; got.Allocated == 0 || got.Maximum < got.Allocated {
		t.Errorf("here there are %+v", got)
	}
	if n := testing.AllocsPerRun(100, func() { here.Read(t.Context()) }); n > 1 {
		t.Errorf("%g allocations, want 1", n)
	}
}

func BenchmarkHandles(b *testing.B) {
	source := handleSource(hostRoots())
	b.ReportAllocs()
	for b.Loop() {
		source.Read(b.Context())
	}
}
