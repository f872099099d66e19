package collector

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestUsers(t *testing.T) {
	file := string(slices.Concat(
		utmpRecord(384, utmpUser, 77, "pts/1", "ann", "192.0.2.7", 1767225700, 0),
		utmpRecord(384, utmpUser, 78, "pts/0", "bob", "", 1767225600, 0),
		utmpRecord(384, utmpUser, 79, "pts/2", "eve", "", 1767225600, 0), // her process is gone
	))
	r := tree{"root/run/utmp": file, "proc/77/": "", "proc/78/": "", "root/run/systemd/sessions/1": aSession}.write(t)
	if utmpSize(384) != 384 {
		t.Skip("another size here")
	}
	u := userReader{roots: r}
	s := Source{Name: "users", Read: u.read}
	got := read(t, s).Users
	if len(got) != 2 || got[0].Name != "bob" || got[1] != (User{Name: "ann", Terminal: "pts/1", From: "192.0.2.7", Since: 1767225700000}) {
		t.Fatalf("got %+v", got)
	}
	if n := testing.AllocsPerRun(100, func() { s.Read(t.Context()) }); n > 2 {
		t.Errorf("%g allocations", n)
	}
	// Bob logs out: the file changes in its place.
	tree{"root/run/utmp": file[:384]}.over(t, r)
	if got := read(t, s).Users; len(got) != 1 || got[0].Name != "ann" {
		t.Errorf("got %+v", got)
	}
	// Ann's process goes; that is seen within a minute, and then logind is asked.
	if err := os.Remove(r.ofProc("77")); err != nil {
		t.Fatal(err)
	}
	u.checked = time.Now().Add(-2 * recheckUsers)
	if got := read(t, s).Users; len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestUsersElsewhere(t *testing.T) {
	r := tree{"root/var/run/utmp": string(utmpRecord(utmpSize(0), utmpUser, 77, "pts/1", "ann", "", 1767225700, 0)), "proc/77/": ""}.write(t)
	if got := read(t, userSource(r)).Users; len(got) != 1 || got[0].Name != "ann" {
		t.Errorf("got %+v", got)
	}
}

// Whose processes are not in sight is logged in all the same: the root is the host's, and /proc a container's.
func TestUsersOfAnotherRoot(t *testing.T) {
	r := tree{"root/run/utmp": string(utmpRecord(utmpSize(0), utmpUser, 77, "pts/1", "ann", "", 1767225700, 0)), "proc/1/": ""}.write(t)
	if !seesLogins(r) || !seesLogins(roots{proc: "/proc", root: "/"}) {
		t.Error("the processes are taken for those of another host")
	}
	other := r
	other.root = "/"
	if seesLogins(other) {
		t.Error("the processes are taken for those of this host")
	}
	link(t, r, "proc/self/ns/pid", "pid:[4026531836]")
	if !seesLogins(other) {
		t.Error("all processes of the host are in sight")
	}
	for blind, want := range map[bool]int{false: 0, true: 1} {
		u := userReader{roots: r, blind: blind}
		if got := read(t, Source{Read: u.read}).Users; len(got) != want {
			t.Errorf("blind %t: got %+v", blind, got)
		}
	}
}

// Where there is no utmp, and where nobody writes to it, there is logind.
func TestSessions(t *testing.T) {
	host := tree{
		"root/run/systemd/sessions/1":     aSession,
		"root/run/systemd/sessions/c2":    "USER=gdm\nCLASS=greeter\n",
		"root/run/systemd/sessions/3":     strings.Replace(aSession, "LEADER=77", "LEADER=78", 1), // gone
		"root/run/systemd/sessions/.#1xy": aSession,
		"proc/77/":                        "",
	}
	for _, tr := range []tree{host, host.with("root/run/utmp", ""), host.with("root/run/utmp", string(utmpRecord(384, 2, 0, "~", "reboot", "", 1, 0)))} {
		r := tr.write(t)
		if err := syscall.Mkfifo(r.ofRoot("run/systemd/sessions/1ref"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := read(t, userSource(r)).Users; len(got) != 1 || got[0].From != "192.0.2.7" {
			t.Errorf("got %+v", got)
		}
	}
}

func TestNoUsers(t *testing.T) {
	if part, err := userSource(tree{"root/": ""}.write(t)).Read(t.Context()); part != nil || !isMissing(err) {
		t.Errorf("got %v, %v", part, err)
	}
	if got := read(t, userSource(tree{"root/run/utmp": ""}.write(t))).Users; len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func BenchmarkUsers(b *testing.B) {
	r := tree{"root/run/utmp": string(utmpRecord(utmpSize(0), utmpUser, 77, "pts/1", "ann", "", 1767225700, 0)), "proc/77/": ""}.write(b)
	s := userSource(r)
	b.ReportAllocs()
	for b.Loop() {
		s.Read(b.Context())
	}
}
