package text

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
)

var update = flag.Bool("update", false, "write the golden file")

func view(n int) View {
	s := collectortest.Snapshot(n)
	return View{Host: s.Host, Snapshot: &s, Firing: []string{"/srv/photos & films is full to 99 %, for 3 min"}}
}

func TestPage(t *testing.T) {
	got := Page(nil, view(25), Screen{Cols: 80})
	const golden = "testdata/page.golden"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The narrowest page still has a blank between two columns, and the programs' names.
func TestNarrow(t *testing.T) {
	out := string(Page(nil, view(25), Screen{Cols: LeastCols}))
	if touching := regexp.MustCompile(`(%|B|B/s)[0-9]`).FindString(out); touching != "" || !strings.Contains(out, "/usr/bin/pos") {
		t.Errorf("%q in\n%s", touching, out)
	}
}

func TestASCII(t *testing.T) {
	v := view(25)
	v.Firing = []string{"größer als 漢字: " + strings.Repeat("x", 100)}
	wide, narrow := string(Page(nil, v, Screen{Cols: 80})), string(Page(nil, v, Screen{Cols: 80, ASCII: true}))
	if i := strings.IndexFunc(narrow, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 || !strings.Contains(narrow, "##..") || !strings.Contains(narrow, "gr??er als ????:") {
		t.Errorf("at %d of\n%s", i, narrow)
	}
	for i, line := range strings.Split(narrow, "\n") {
		if was := strings.Split(wide, "\n")[i]; width(line) != width(was) {
			t.Errorf("%q is not as wide as %q", line, was)
		}
	}
}

// Brackets are of what has no command line, not of what may not be shown.
func TestBrackets(t *testing.T) {
	v := view(25)
	v.Snapshot.Processes = &collector.Processes{Top: []collector.Process{{Name: "kworker/0:1", User: "root"}}}
	if out := string(Page(nil, v, Screen{Cols: 80})); !strings.Contains(out, "  [kworker/0:1]\n") {
		t.Errorf("got\n%s", out)
	}
	v.Snapshot.Processes = &collector.Processes{Top: []collector.Process{{Name: "chromium"}}} // as a link has it
	if out := string(Page(nil, v, Screen{Cols: 80})); !strings.Contains(out, "  chromium\n") {
		t.Errorf("got\n%s", out)
	}
}

// What figures are old, or not kept, is said; what a host has not is not.
func TestFailing(t *testing.T) {
	v := view(25)
	v.Snapshot.Sources = []collector.SourceState{
		{Name: "gpus", Error: "there is none", Missing: true},
		{Name: "processes", Error: "some are hidden", Partial: true},
		{Name: "sockets", Error: "no answer for 1s"},
		{Name: "history", Error: "history is in memory only: mkdir: not a directory"},
	}
	const want = "! sockets: no answer for 1s\n! history is in memory only: mkdir: not a directory\n"
	if out := string(Page(nil, v, Screen{Cols: 80})); !strings.Contains(out, "\n"+want+"\n") {
		t.Errorf("got\n%s", out)
	}
	v.Snapshot.Sources = append(v.Snapshot.Sources, collector.SourceState{Name: "a", Error: "b"}, collector.SourceState{Name: "c\x1b[2J", Error: "d"})
	if out := string(Page(nil, v, Screen{Cols: 80})); !strings.Contains(out, want+"! a: b\n! and 1 more\n\n") {
		t.Errorf("got\n%s", out)
	}
}

// sequence is one that this package may write.
var sequence = regexp.MustCompile(`\x1b\[(H|K|J|2J|0m|[0-9;]*m)`)

// check holds what the package promises of what it wrote.
func check(t *testing.T, out []byte, s Screen) {
	t.Helper()
	s = s.within()
	bare := sequence.ReplaceAll(out, nil)
	if !utf8.Valid(out) {
		t.Fatalf("not UTF-8: %q", out)
	}
	for _, r := range string(bare) {
		if r != '\n' && r != '\r' && !unicode.IsPrint(r) {
			t.Fatalf("%U in %q", r, bare)
		}
	}
	lines := strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(bare), "\r\n", "\n"), "\n"), "\n")
	for _, line := range lines {
		if strings.Contains(line, "\r") {
			t.Fatalf("a carriage return alone: %q", line)
		}
		if n := width(line); n > s.Cols {
			t.Fatalf("%d columns of %d: %q", n, s.Cols, line)
		}
	}
	if s.Rows > 0 && len(lines) > s.Rows {
		t.Fatalf("%d lines of %d", len(lines), s.Rows)
	}
	if open := bytes.LastIndex(out, []byte("\x1b[")); open >= 0 && bytes.Contains(out, []byte("m")) {
		colors := regexp.MustCompile(`\x1b\[([0-9;]*)m`).FindAllSubmatch(out, -1)
		for i, c := range colors {
			if (i%2 == 1) != (string(c[1]) == "0") {
				t.Fatalf("colour %d is %q, and is not taken back", i, c[1])
			}
		}
	}
}

func TestEverySize(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 8
	}
	for n := 0; n < 40; n += step {
		for _, cols := range []int{0, 39, 40, 61, 80, 132, 1000} {
			for _, rows := range []int{0, 1, 8, 12, 24, 60, 1000} {
				for _, color := range []bool{false, true} {
					s := Screen{Cols: cols, Rows: rows, Color: color}
					v := view(n)
					v.Footer = "q quits"
					drawn := s
					if rows == 0 {
						drawn.Rows = UsualRows
					}
					check(t, Picture(nil, v, s), drawn)
					check(t, Page(nil, v, s), s)
				}
			}
		}
	}
}

func TestWithoutAnything(t *testing.T) {
	for _, v := range []View{{}, {Snapshot: &collector.Snapshot{}}, {Snapshot: &collector.Snapshot{Filesystems: make([]collector.Filesystem, 3), Processes: &collector.Processes{}, Networks: make([]collector.Network, 1), Disks: make([]collector.Disk, 1), Memory: &collector.Memory{}, CPU: &collector.CPU{}}, Footer: "x"}} {
		for _, rows := range []int{0, 10} {
			s := Screen{Cols: 80, Rows: rows, Color: true}
			check(t, Page(nil, v, s), s)
			check(t, Picture(nil, v, s), Screen{Cols: 80, Rows: 24, Color: true})
		}
	}
}

func TestOneProcess(t *testing.T) {
	v := view(1)
	for total, want := range map[int]string{1: "  of 1 process\n", 2: "  of 2 processes\n"} {
		v.Snapshot.Processes.Total = total
		if out := string(Page(nil, v, Screen{Cols: 80})); !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// On a narrow screen the verdict is told to its end, and what has no end is cut.
func TestSentencesAreBroken(t *testing.T) {
	verdict := "I/O-bound for 42 s: postgres (pid 811), 38 % full pressure"
	for _, tt := range []struct {
		verdict string
		cols    int
		want    []string
	}{
		{verdict, 80, []string{verdict}},
		{verdict, 40, []string{"I/O-bound for 42 s: postgres (pid 811),", "38 % full pressure"}},
		{strings.Repeat("x", 50) + " y", 40, []string{strings.Repeat("x", 39) + "…"}},
		{strings.Repeat("数据 ", 40), 40, []string{strings.Repeat("数据 ", 7) + "数据", strings.Repeat("数据 ", 7) + "数据", strings.Repeat("数据 ", 7) + "数据…"}},
	} {
		page := string(Page(nil, View{Snapshot: &collector.Snapshot{Verdict: &collector.Verdict{Text: tt.verdict}}}, Screen{Cols: tt.cols}))
		lines := strings.Split(page, "\n")
		if got := lines[2 : 2+len(tt.want)]; !slices.Equal(got, tt.want) || lines[2+len(tt.want)] != "" {
			t.Errorf("%d columns: got %q, want %q", tt.cols, lines[2:], tt.want)
		}
	}
}

func TestColourIsAsked(t *testing.T) {
	if out := Page(nil, view(1), Screen{Cols: 80}); bytes.Contains(out, []byte("\x1b")) {
		t.Errorf("%q", out)
	}
	if out := Picture(nil, view(1), Screen{Cols: 80, Rows: 24, Color: true}); !bytes.Contains(out, []byte("\x1b[32m")) {
		t.Errorf("%q", out)
	}
}

// Whatever the host calls its things, nothing of it steers the terminal.
func FuzzNames(f *testing.F) {
	f.Add("plain", "\x1b[2J\x1b]0;title\x07", "\u202e数据\u200b", 80, 24)
	f.Add("\x9b31m", "a\r\nb", "\xff\xfe", 40, 8)
	f.Fuzz(func(t *testing.T, name, mount, command string, cols, rows int) {
		v := View{
			Host: &collector.Host{Hostname: name, Platform: mount, Kernel: command, OS: "linux", CPUs: 3},
			Snapshot: &collector.Snapshot{
				Verdict:     &collector.Verdict{State: name, Text: command},
				Disks:       []collector.Disk{{Name: name, Counted: true}},
				Filesystems: []collector.Filesystem{{Mount: mount, UsedRatio: collector.Known(0.5)}, {Mount: name, ReadOnly: true}},
				Processes:   &collector.Processes{Top: []collector.Process{{Name: name, User: mount, Command: command}, {Name: command}}},
			},
			Firing: []string{mount}, Footer: command,
		}
		for _, color := range []bool{false, true} {
			s := Screen{Cols: cols, Rows: max(rows, 1), Color: color}
			check(t, Picture(nil, v, s), s)
			check(t, Page(nil, v, Screen{Cols: cols, Rows: 0, Color: color}), Screen{Cols: cols, Rows: 0, Color: color})
		}
	})
}

func BenchmarkPicture(b *testing.B) {
	v := view(1)
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out = Picture(out[:0], v, Screen{Cols: 120, Rows: 40, Color: true})
	}
}
