package collector

import (
	"encoding/binary"
	"slices"
	"testing"
)

// utmpRecord makes a record of 384 or 400 bytes.
func utmpRecord(size int, kind uint16, pid int32, line, user, host string, seconds, micros uint64) []byte {
	b := make([]byte, size)
	order := binary.NativeEndian
	order.PutUint16(b, kind)
	order.PutUint32(b[4:], uint32(pid))
	copy(b[8:40], line)
	copy(b[44:76], user)
	copy(b[76:332], host)
	if size == 400 {
		order.PutUint64(b[344:], seconds)
		order.PutUint64(b[352:], micros)
	} else {
		order.PutUint32(b[340:], uint32(seconds))
		order.PutUint32(b[344:], uint32(micros))
	}
	return b
}

func TestParseUtmp(t *testing.T) {
	for _, size := range []int{384, 400} {
		file := slices.Concat(
			utmpRecord(size, 2, 0, "~", "reboot", "6.1.0", 1767225600, 0),
			utmpRecord(size, utmpUser, 77, "pts/0", "ann", "2001:db8::1", 1767225700, 250000),
			utmpRecord(size, 8, 78, "pts/1", "", "", 1767225600, 0),
			utmpRecord(size, utmpUser, 79, "tty1", "a name that fills the whole field", "", 3000000000, 9999999),
			utmpRecord(size, utmpUser, -1, "pts/2", "bob", "", 1, 0),
			utmpRecord(size, utmpUser, 80, "pts/3", "\x1b[2J\xff", "", 0, 0),
		)
		got := parseUtmp(file)
		want := []login{
			{pid: 77, user: User{Name: "ann", Terminal: "pts/0", From: "2001:db8::1", Since: 1767225700250}},
			{pid: 79, user: User{Name: "a name that fills the whole fiel", Terminal: "tty1"}},
			{pid: 80, user: User{Name: "�[2J�", Terminal: "pts/3"}},
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d: got %+v", size, got)
		}
		if got := parseUtmp(file[:size*5/2]); size == utmpSize(size*5/2) && !slices.Equal(got, want[:1]) {
			t.Errorf("%d, torn: got %+v", size, got)
		}
	}
	many := slices.Repeat(utmpRecord(384, utmpUser, 77, "pts/0", "ann", "", 1, 0), 1000)
	if n := len(parseUtmp(many)); n != mostUsers {
		t.Errorf("%d users", n)
	}
	if got := parseUtmp(nil); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestUnixMilliseconds(t *testing.T) {
	for _, tt := range []struct{ seconds, micros, want int64 }{
		{1767225700, 250999, 1767225700250}, {3000000000, 0, 3000000000000}, {0, 5, 0}, {-1, 0, 0}, {1 << 40, 0, 0}, {5, -1, 0}, {5, 1000000, 0},
	} {
		if got := unixMilliseconds(tt.seconds, tt.micros); got != tt.want {
			t.Errorf("%d s and %d µs is %d", tt.seconds, tt.micros, got)
		}
	}
}

const aSession = "# This is private data. Do not parse.\nUID=1000\nUSER=ann\nACTIVE=1\nSTATE=active\nREMOTE=1\nTYPE=tty\nCLASS=user\n" +
	"REMOTE_HOST=192.0.2.7\nTTY=pts/0\nSERVICE=sshd\nLEADER=77\nREALTIME=1767225700250000\nMONOTONIC=1\n"

func TestParseSession(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       login
		ok         bool
	}{
		{"remote", aSession, login{pid: 77, user: User{Name: "ann", Terminal: "pts/0", From: "192.0.2.7", Since: 1767225700250}}, true},
		{"graphical", "USER=ann\nCLASS=user\nDISPLAY=:0\n", login{user: User{Name: "ann", Terminal: ":0"}}, true},
		{"early", "USER=root\nCLASS=user-early\nTTY=tty1\n", login{user: User{Name: "root", Terminal: "tty1"}}, true},
		{"login screen", "USER=gdm\nCLASS=greeter\n", login{}, false},
		{"manager", "USER=ann\nCLASS=manager\n", login{}, false},
		{"not finished", "USER=ann\nCLASS=user-incomplete\n", login{}, false},
		{"ending", "USER=ann\nCLASS=user\nSTATE=closing\n", login{}, false},
		{"no class", "USER=ann\n", login{}, false},
		{"hostile", "USER=a\x1bb\nCLASS=user\nREALTIME=99999999999999999999\nLEADER=-5x\nTTY\n=\n", login{user: User{Name: "a�b"}}, true},
		{"empty", "", login{}, false},
	} {
		if got, ok := parseSession([]byte(tt.file)); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: got %+v, %t", tt.name, got, ok)
		}
	}
}

func checkUser(t *testing.T, u User) {
	t.Helper()
	checkText(t, u.Name)
	checkText(t, u.Terminal)
	checkText(t, u.From)
	if u.Since < 0 || u.Name == "" {
		t.Fatalf("%+v", u)
	}
}

func FuzzUtmp(f *testing.F) {
	f.Add(utmpRecord(384, utmpUser, 77, "pts/0", "ann", "host", 1767225700, 250000))
	f.Add(append(utmpRecord(400, utmpUser, 77, "pts/0", "ann", "host", 1<<63, 1<<63), 7))
	f.Fuzz(func(t *testing.T, b []byte) {
		logins := parseUtmp(b)
		if len(logins) > mostUsers {
			t.Fatalf("%d logins", len(logins))
		}
		for _, l := range logins {
			checkUser(t, l.user)
		}
	})
}

func FuzzSession(f *testing.F) {
	f.Add([]byte(aSession))
	f.Add([]byte("USER=\"\nCLASS=user-\nTTY=\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, ok := parseSession(b); ok {
			checkUser(t, l.user)
		}
	})
}
