package collector

import (
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestPlatformOf(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"quoted", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n", "Debian GNU/Linux 12 (bookworm)"},
		{"bare", "PRETTY_NAME=Alpine\n", "Alpine"},
		{"single quotes", `PRETTY_NAME='Bob\"s Linux'`, `Bob\"s Linux`},
		{"escapes", `PRETTY_NAME="A \"good\" \$1 \\ one"`, `A "good" $1 \ one`},
		{"no pretty name", "# PRETTY_NAME=no\nNAME=Void\nVERSION='3 (three)'\n", "Void 3 (three)"},
		{"later wins", "PRETTY_NAME=a\nPRETTY_NAME=b\r\n", "b"},
		{"empty", "", "Linux"},
		{"one quote", `PRETTY_NAME="`, `"`},
		{"control characters", "PRETTY_NAME=\"a\x1b[31mb\"", "a\uFFFD[31mb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := platformOf(tt.file); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzPlatform(f *testing.F) {
	f.Add("NAME=\"a\"\nPRETTY_NAME='\\'")
	f.Fuzz(func(t *testing.T, file string) { checkText(t, platformOf(file)) })
}

func checkText(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) || len(s) > longestText || strings.ContainsAny(s, "\x00\n\r\x1b\u202e") {
		t.Fatalf("not clean: %q", s)
	}
	if clean(s) != s {
		t.Fatalf("not the same when cleaned again: %q, %q", s, clean(s))
	}
}

func TestClean(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"plain name (1)", "plain name (1)"},
		{"naïve 数据", "naïve 数据"},
		{"a\nb\x00c\x7f", "a\uFFFDb\uFFFDc\uFFFD"},
		{"\xff\xfe", "\uFFFD\uFFFD"},
		{"\u202egpj.exe", "\uFFFDgpj.exe"},
		{"\u2028", "\uFFFD"},
		{strings.Repeat("x", 300), strings.Repeat("x", 256)},
		{strings.Repeat("é", 200), strings.Repeat("é", 128)},
		{"x" + strings.Repeat("é", 200), "x" + strings.Repeat("é", 127)},
	} {
		if got := clean(tt.in); got != tt.want {
			t.Errorf("clean(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\xffb\u202ec")
	f.Fuzz(func(t *testing.T, s string) { checkText(t, clean(s)) })
}

func TestHostSource(t *testing.T) {
	host := aHost.write(t)
	source := hostSource(host)
	got := read(t, source).Host
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if got.Hostname != name || got.Platform != "Test Linux 1" || got.CPUs != 2 || got.CPUModel != "Test CPU @ 2.0GHz" || got.Kernel == "" {
		t.Errorf("got %+v", got)
	}
	if up := time.Since(got.Booted); up <= 0 || up > 100*365*24*time.Hour {
		t.Errorf("booted %s", got.Booted)
	}
	aHost.with("etc/os-release", "PRETTY_NAME=Upgraded\n").with("proc/cpuinfo", "").over(t, host)
	again := read(t, source).Host
	if again.Platform != "Upgraded" || again.CPUs != 2 || again.Booted != got.Booted || got.Platform != "Test Linux 1" {
		t.Errorf("read again: %+v, the first is now %+v", again, got)
	}
}

// Where only the host's /etc is given, what it links to below /usr is not there, and ours is another system's.
func TestPlatformElsewhere(t *testing.T) {
	host := tree{"etc/": "", "root/etc/": "", "root/usr/lib/os-release": "NAME=Given\n"}.write(t)
	h := &Host{OS: "linux", Kernel: "7"}
	ours, err := readPlatform(hostRoots(), h)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		roots roots
		want  string
	}{
		{"the root is given", roots{etc: host.ofRoot("etc"), root: host.root}, "Given"},
		{"both are given", roots{etc: host.etc, root: host.root}, "Given"},
		{"/etc alone is given", roots{etc: host.etc, root: "/"}, "linux 7"},
		{"nothing is given", roots{etc: "/etc", root: "/"}, ours},
	} {
		if got, err := readPlatform(tt.roots, h); err != nil || got != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestUptimeSource(t *testing.T) {
	up, ok := read(t, uptimeSource(hostRoots())).Uptime.Get()
	if !ok || up <= 0 {
		t.Errorf("uptime %g, %t", up, ok)
	}
	booted, err := bootTime(t.Context())
	if d := time.Since(booted).Seconds() - up; err != nil || d < -2 || d > 2 {
		t.Errorf("uptime %g s, but booted %s (%v)", up, booted, err)
	}
}
