package resident

import (
	"slices"
	"testing"
)

// of is what stands below each mapping in smaps, much of it left out.
func of(anonymous, swap string) string {
	return "Size: 6468 kB\nRss: 4096 kB\nAnonymous: " + anonymous + "\nAnonHugePages: 0 kB\nSwap: " + swap + "\nSwapPss: 0 kB\nVmFlags: rd mr mw me sd \n"
}

// The fourth is where a program that may be loaded anywhere has its pointers.
var table = "00400000-00a51000 r-xp 00000000 fe:00 131 /usr/bin/fivewire\n" + of("0 kB", "0 kB") +
	"00a51000-01130000 r--p 00651000 fe:00 131    /usr/bin/fivewire\n" + of("0 kB", "0 kB") +
	"01130000-01176000 rw-p 00d30000 fe:00 131 /usr/bin/fivewire\n" + of("0 kB", "0 kB") +
	"01176000-011b7000 r--p 00d76000 fe:00 131 /usr/bin/fivewire\n" + of("260 kB", "0 kB") +
	"011b7000-011b8000 r--p 00db7000 fe:00 131 /usr/bin/fivewire\n" + of("0 kB", "4 kB") +
	"011b8000-011b9000 r--p 00db8000 fe:00 131 /usr/bin/fivewire\n" +
	"c000000000-c000800000 rw-p 00000000 00:00 0\n" + of("0 kB", "0 kB") +
	"7f5b2a000000-7f5b2c000000 r--p 00000000 fe:00 99 /usr/bin/other\n" + of("0 kB", "0 kB") +
	"7fff0a9d5000-7fff0a9d7000 r-xp 00000000 00:00 0 [vdso]\n" + of("0 kB", "0 kB")

func TestSegments(t *testing.T) {
	want := []segment{{0x400000, 0xa51000}, {0xa51000, 0x1130000}}
	if got := segments(table, "/usr/bin/fivewire"); !slices.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}

// What is not a table of mappings is no reason to give anything back.
func FuzzSegments(f *testing.F) {
	f.Add(table, "/usr/bin/fivewire")
	f.Add("2-1 r-xp 0 0 0 /x\nAnonymous: 0 kB\nSwap: 0 kB\nffffffffffffffffff-0 r--p /x\nSwap: 0 kB\nAnonymous:\n- r-xp /x\n", "/x")
	f.Fuzz(func(t *testing.T, smaps, path string) {
		for _, s := range segments(smaps, path) {
			if s.from >= s.to {
				t.Errorf("got %x", s)
			}
		}
	})
}

// The program goes on as before.
func TestRelease(t *testing.T) {
	for range 3 {
		if err := Release(); err != nil {
			t.Fatal(err)
		}
	}
	TestSegments(t)
}
