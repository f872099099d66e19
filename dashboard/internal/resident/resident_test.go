package resident

import (
	"slices"
	"testing"
)

const table = `00400000-00a51000 r-xp 00000000 fe:00 131 /usr/bin/fivewire
00a51000-01130000 r--p 00651000 fe:00 131 /usr/bin/fivewire
01130000-01176000 rw-p 00d30000 fe:00 131 /usr/bin/fivewire
01176000-011b7000 rw-p 00000000 00:00 0
c000000000-c000800000 rw-p 00000000 00:00 0
7f5b2a000000-7f5b2c000000 r--p 00000000 fe:00 99 /usr/bin/other
7fff0a9d5000-7fff0a9d7000 r-xp 00000000 00:00 0 [vdso]
`

func TestSegments(t *testing.T) {
	want := []segment{{0x400000, 0xa51000}, {0xa51000, 0x1130000}}
	if got := segments(table, "/usr/bin/fivewire"); !slices.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}

// What is not a table of mappings is no reason to give anything back.
func FuzzSegments(f *testing.F) {
	f.Add(table, "/usr/bin/fivewire")
	f.Add("2-1 r-xp 0 0 0 /x\nffffffffffffffffff-0 r--p /x\n- r-xp /x\n", "/x")
	f.Fuzz(func(t *testing.T, maps, path string) {
		for _, s := range segments(maps, path) {
			if s.from >= s.to {
				t.Errorf("got %x", s)
			}
		}
	})
}

// The program goes on as before.
func TestRelease(t *testing.T) {
	program, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := program.Release(); err != nil {
			t.Fatal(err)
		}
	}
	TestSegments(t)
}
