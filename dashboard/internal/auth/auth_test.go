package auth

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// guarded is a guard with a clock of its own, and how often passes have ended before their time.
func guarded(t *testing.T, s Secrets) (g *Guard, clock *time.Time, ended *int) {
	t.Helper()
	now, n := time.Unix(1_763_638_612, 0), 0
	g = New(s, func() { n++ })
	g.now = func() time.Time { return now }
	return g, &now, &n
}

const here = "192.0.2.7"

func TestKey(t *testing.T) {
	key := NewKey()
	g, now, _ := guarded(t, Secrets{Key: key})
	p, err := g.Key(key, here)
	if err != nil || p.Role != Operator || p.Redacted || !g.Alive(p) {
		t.Fatalf("got %+v, %v", p, err)
	}
	for _, wrong := range []string{"", key + "x", key[1:], strings.ToUpper(key), NewKey()} {
		if p, err := g.Key(wrong, here); err == nil || p != nil {
			t.Errorf("%q opens", wrong)
		}
	}
	for range 50 {
		g.Key("wrong", here)
	}
	if _, err := g.Key("wrong", here); !errors.Is(err, ErrSlowed) {
		t.Errorf("who guesses is told %v", err)
	}
	if _, err := g.Key(key, here); err != nil {
		t.Errorf("who has guessed keeps out who has the key: %v", err)
	}
	token := g.Token(p)
	if again, err := g.Known(token); err != nil || again.Role != Operator || !again.Until.Equal(p.Until) || !g.Alive(again) {
		t.Errorf("its own token: %+v, %v", again, err)
	}
	*now = now.Add(session)
	if _, err := g.Known(token); !errors.Is(err, ErrEnded) || g.Alive(p) {
		t.Errorf("after its time: %v", err)
	}
}

// Without secrets nothing opens, the empty key least of all.
func TestNoSecrets(t *testing.T) {
	g, _, _ := guarded(t, Secrets{})
	if _, err := g.Key("", here); err == nil {
		t.Error("the empty key opens")
	}
	if _, err := g.Password("", "", here); err == nil {
		t.Error("nobody's password opens")
	}
	if key, password := g.Ways(); key || password {
		t.Error("there is a way")
	}
}

// No bit of a token can be another, and nothing that was cut, and none of another guard, of other secrets, or of a link.
func TestForgedTokens(t *testing.T) {
	key := NewKey()
	g, now, _ := guarded(t, Secrets{Key: key})
	p, _ := g.Key(key, here)
	token := g.Token(p)
	for i := range token {
		for _, c := range []byte("AQgw_-=. ") {
			if forged := token[:i] + string(c) + token[i+1:]; forged != token {
				if _, err := g.Known(forged); err == nil {
					t.Fatalf("with %q at %d it opens", c, i)
				}
			}
		}
		if _, err := g.Known(token[:i]); err == nil {
			t.Fatalf("%d of its characters open", i)
		}
	}
	link, _, _ := g.Share(now.Add(time.Hour))
	if _, err := g.Known(link); err == nil {
		t.Error("a link's token is a session")
	}
	if _, err := g.Shared(token, here); err == nil {
		t.Error("a session is a link's token")
	}
	other, _, _ := guarded(t, Secrets{Key: NewKey()})
	if _, err := other.Known(token); err == nil {
		t.Error("another key's guard knows it")
	}
	same, _, _ := guarded(t, Secrets{Key: key})
	if _, err := same.Known(token); err != nil {
		t.Errorf("the same key's next guard does not: %v", err)
	}
	line, _ := Line("ann", Operator, []byte("correct horse"))
	users, _ := ParseUsers([]byte(line))
	more, _, _ := guarded(t, Secrets{Key: key, Users: users})
	if _, err := more.Known(token); err == nil {
		t.Error("a guard with other users knows it")
	}
}

func TestRevoke(t *testing.T) {
	key := NewKey()
	g, _, ended := guarded(t, Secrets{Key: key})
	p, _ := g.Key(key, here)
	other, _ := g.Key(key, here)
	token := g.Token(p)
	g.Revoke(p)
	if _, err := g.Known(token); err == nil || g.Alive(p) || !g.Alive(other) || *ended != 1 {
		t.Errorf("alive %v, the other %v, told %d times", g.Alive(p), g.Alive(other), *ended)
	}
	if g.Replace(Secrets{Key: key}) || !g.Alive(other) {
		t.Error("the same secrets are taken for others")
	}
	if !g.Replace(Secrets{Key: NewKey()}) || g.Alive(other) || *ended != 2 {
		t.Error("it outlives its key")
	}
	if _, err := g.Key(key, here); err == nil {
		t.Error("the old key opens")
	}
	if !g.Alive(nil) {
		t.Error("who needs no pass is out")
	}
}

// However many log out, what is remembered of them is bounded.
func TestRevokeFlood(t *testing.T) {
	key := NewKey()
	g, _, _ := guarded(t, Secrets{Key: key})
	for range mostRevoked + 10 {
		p, _ := g.Key(key, here)
		g.Revoke(p)
		if g.Alive(p) {
			t.Fatal("one who logged out is in")
		}
	}
	if len(g.revoked) > mostRevoked {
		t.Errorf("%d are remembered", len(g.revoked))
	}
}

// Who has a link may log in and out until the link is taken back, and ends nobody's pass by it.
func TestSharedRevokeFlood(t *testing.T) {
	g, now, _ := guarded(t, Secrets{Key: NewKey()})
	key := g.secrets.Key
	operator, err := g.Key(key, here)
	if err != nil {
		t.Fatal(err)
	}
	link, _, err := g.Share(now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	times := 0
	for ; times < 2*mostRevoked; times++ {
		guest, err := g.Shared(link, here)
		if err != nil {
			break
		}
		g.Revoke(guest)
	}
	if times != mostLeft || !g.Alive(operator) {
		t.Errorf("a link was left %d times, want %d; the operator is in: %v", times, mostLeft, g.Alive(operator))
	}
}

func TestShare(t *testing.T) {
	g, now, ended := guarded(t, Secrets{Key: NewKey()})
	token, s, err := g.Share(now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Shared(token, here)
	if err != nil || p.Role != Viewer || !p.Redacted || !p.Until.Equal(s.Until) || !g.Alive(p) {
		t.Fatalf("got %+v, %v", p, err)
	}
	session := g.Token(p)
	if again, err := g.Known(session); err != nil || !again.Redacted || again.Role != Viewer {
		t.Errorf("its session: %+v, %v", again, err)
	}
	if list := g.Shares(); len(list) != 1 || list[0] != s {
		t.Errorf("listed: %v", list)
	}
	second, other, _ := g.Share(now.Add(time.Minute))
	if !g.Unshare(s.ID) || g.Alive(p) || *ended != 1 || g.Unshare(s.ID) {
		t.Error("it was taken back, and lives")
	}
	if _, err := g.Known(session); err == nil {
		t.Error("its session outlives it")
	}
	if _, err := g.Shared(token, here); !errors.Is(err, ErrEnded) {
		t.Errorf("it opens: %v", err)
	}
	*now = other.Until
	if _, err := g.Shared(second, here); !errors.Is(err, ErrEnded) || len(g.Shares()) != 0 {
		t.Errorf("after its time: %v", err)
	}
}

// A token that is worthless by now is shown again and again by pages that were open meanwhile. It is no guess, and locks
// nobody out; a key that looks like one opens.
func TestWorthlessTokens(t *testing.T) {
	key := NewKey()
	before, now, _ := guarded(t, Secrets{Key: key})
	link, _, err := before.Share(now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	other, _, _ := guarded(t, Secrets{Key: NewKey()})
	session := other.Token(other.Own(now.Add(time.Hour)))
	g, _, _ := guarded(t, Secrets{Key: key})
	for _, token := range []string{link, session} {
		for range 2 * triesOfAll {
			if p, err := g.Key(token, here); p != nil || !errors.Is(err, ErrEnded) {
				t.Fatalf("as a key: %v", err)
			}
			if p, err := g.Shared(token, here); p != nil || !errors.Is(err, ErrEnded) {
				t.Fatalf("as a link: %v", err)
			}
		}
	}
	if wrong, slowed := g.Tries(); wrong+slowed > 0 || g.Wait(here) > 0 {
		t.Errorf("counted %d wrong, %d slowed, wait %v", wrong, slowed, g.Wait(here))
	}
	for _, guess := range []string{link[1:], link + "A", "C" + link[1:], "wrong"} { // the third is of another version
		before, _ := g.Tries()
		g.Key(guess, here)
		g.Shared(guess, here)
		if after, _ := g.Tries(); after != before+2 {
			t.Errorf("%q is not counted", guess)
		}
	}
	odd, _, _ := guarded(t, Secrets{Key: link})
	if _, err := odd.Key(link, here); err != nil {
		t.Errorf("a key that looks like a token: %v", err)
	}
}

func TestPasswords(t *testing.T) {
	if testing.Short() {
		t.Skip("a password costs a twelfth of a second, on purpose")
	}
	var text string
	for name, role := range map[string]Role{"ann": Operator, "class": Viewer} {
		line, err := Line(name, role, []byte("correct horse "+name))
		if err != nil {
			t.Fatal(err)
		}
		text += "# one\n\n" + line + "\n"
	}
	users, err := ParseUsers([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	g, now, _ := guarded(t, Secrets{Users: users})
	if p, err := g.Password("class", "correct horse class", here); err != nil || p.Role != Viewer {
		t.Errorf("got %+v, %v", p, err)
	}
	for i := range triesOfOne {
		if _, err := g.Password("ann", "wrong", here); !errors.Is(err, ErrWrong) {
			t.Errorf("try %d: %v", i, err)
		}
	}
	if _, err := g.Password("ann", "correct horse ann", here); !errors.Is(err, ErrSlowed) || g.Wait(here) <= 0 {
		t.Errorf("who guesses is listened to: %v", err)
	}
	if _, err := g.Password("ann", "correct horse ann", "192.0.2.8"); err != nil {
		t.Errorf("somebody else is not: %v", err)
	}
	*now = now.Add(g.Wait(here))
	if p, err := g.Password("ann", "correct horse ann", here); err != nil || p.Role != Operator {
		t.Errorf("after a while: %+v, %v", p, err)
	}
	if _, err := g.Password("nobody", "correct horse ann", "192.0.2.9"); !errors.Is(err, ErrWrong) {
		t.Errorf("who is not there: %v", err)
	}
	if wrong, slowed := g.Tries(); wrong != triesOfOne+1 || slowed != 1 {
		t.Errorf("counted %d wrong, %d slowed", wrong, slowed)
	}
	if err := bcrypt.CompareHashAndPassword([]byte(nobody), []byte("x")); !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		t.Errorf("what nobody's password is compared with is no hash: %v", err)
	}
}

func TestBadUsers(t *testing.T) {
	good, _ := Line("ann", Viewer, []byte("correct horse"))
	_, hash, _ := strings.Cut(good, "viewer:")
	for _, bad := range []string{"ann", "ann:viewer", "ann:boss:" + hash, "a b:viewer:" + hash, "ann:viewer:secret", good + "\n" + good, "ann:viewer:$2a$31$" + hash[7:], ":viewer:" + hash} {
		if _, err := ParseUsers([]byte(bad)); err == nil || !strings.HasPrefix(err.Error(), "line ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, password := range []string{"", "short", strings.Repeat("x", MostPassword+1)} {
		if _, err := Line("ann", Viewer, []byte(password)); err == nil {
			t.Errorf("a password of %d bytes is taken", len(password))
		}
	}
}

// Whatever is in a file of users, it is users with a role each, whose hashes can be compared with, or an error of one line
// that has no hash in it.
func FuzzParseUsers(f *testing.F) {
	good, err := Line("ann", Viewer, []byte("correct horse"))
	if err != nil {
		f.Fatal(err)
	}
	_, hash, _ := strings.Cut(good, "viewer:")
	for _, seed := range []string{"", good, "# one\r\n\r\n" + good + "\r\n", good + "\n" + good, "ann:boss:" + hash, "ann:viewer:$2a$31$" + hash[7:], "ann:viewer:" + hash[:20], "::", ":::", "\x00:viewer:" + hash, strings.Repeat("a", 70_000)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		users, err := ParseUsers(text)
		if err != nil {
			if said := err.Error(); !strings.HasPrefix(said, "line ") || strings.ContainsAny(said, "\r\n") || strings.Contains(said, "$2") || len(users.of) > 0 {
				t.Errorf("%q: %v, and %d users", text, err, len(users.of))
			}
			return
		}
		for name, u := range users.of {
			if cost, err := bcrypt.Cost(u.hash); err != nil || cost > 14 || !nameForm.MatchString(name) || !u.role.May(Viewer) || !bytes.Contains(text, []byte(name)) {
				t.Errorf("%q: %q is %v, %v", text, name, u.role, err)
			}
		}
	})
}

// However many addresses try, what is remembered of them is bounded, and all together are slowed down.
func TestThrottleIsBounded(t *testing.T) {
	var th throttle
	now := time.Unix(1_763_638_612, 0)
	slowed := 0
	for i := range 3 * mostRemembered {
		now = now.Add(time.Second)
		if th.failed(Client(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})), now) == ErrSlowed {
			slowed++
		}
	}
	if len(th.one) > mostRemembered || slowed > 0 {
		t.Errorf("%d are remembered, %d were slowed at one a second", len(th.one), slowed)
	}
	for i := range 1000 {
		if th.failed(Client(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})), now) == ErrSlowed {
			slowed++
		}
	}
	if slowed < 800 {
		t.Errorf("of 1000 at once %d were slowed", slowed)
	}
}

// When there is no room, it is made for hundreds at once, and who has guessed most is not forgotten.
func TestForget(t *testing.T) {
	now := time.Now()
	of := map[string]bucket{"guesser": {4, now}}
	for i := range mostRemembered {
		of[fmt.Sprint(i)] = bucket{1 + float64(i%3), now}
	}
	forget(of, now, pauseOfOne)
	if n := len(of); n > mostRemembered*9/10 || n < mostRemembered*8/10 || of["guesser"].full != 4 {
		t.Errorf("%d are left, the guesser with %v", n, of["guesser"])
	}
	of["new"] = bucket{1, now.Add(time.Hour)}
	forget(of, now.Add(time.Hour), pauseOfOne)
	if len(of) != 1 {
		t.Errorf("%d are left when all but one are forgiven", len(of))
	}
}

func TestClient(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := Client(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	if Client(netip.Addr{}) != "" {
		t.Error("a socket is an address")
	}
}

func TestKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	key, err := ReadOrMakeKey(file)
	if err != nil || CheckKey(key) != nil {
		t.Fatalf("made %q, %v", key, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v, %v", info.Mode(), err)
	}
	if again, err := ReadOrMakeKey(file); err != nil || again != key {
		t.Errorf("read %q, %v", again, err)
	}
	os.Chmod(file, 0o644)
	if _, err := ReadKey(file); err == nil {
		t.Error("one that everybody can read is taken")
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", longestKey+1), strings.Repeat("x y", 20), "one-that-is-long-enough\nand-another-behind-it"} {
		other := filepath.Join(t.TempDir(), "key")
		os.WriteFile(other, []byte(bad), 0o600)
		if _, err := ReadKey(other); err == nil || strings.Contains(err.Error(), "enough") {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

// Who can write such a file lets himself in: one that others can write is refused, one that they can read is told of.
func TestFileOfOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("what Go says of modes there is made up")
	}
	file := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(file, []byte("ann"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]string{0o600: "", 0o640: "", 0o644: "readable", 0o666: "can be written by others", 0o602: "can be written by others"} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		text, readable, err := ReadFile(file, 3)
		switch {
		case strings.HasPrefix(want, "can"):
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%o: %v", mode, err)
			}
			if _, err := ReadKey(file); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("a key, %o: %v", mode, err)
			}
		case err != nil || string(text) != "ann" || readable != (want != ""):
			t.Errorf("%o: %q, %v, %v", mode, text, readable, err)
		}
	}
	os.Chmod(file, 0o600)
	if _, _, err := ReadFile(file, 2); err == nil {
		t.Error("one that is too large is taken")
	}
}

// What may not be read says what to do, and what is not there does not say that.
func TestDenied(t *testing.T) {
	for err, want := range map[error]bool{&fs.PathError{Op: "open", Path: "/k", Err: syscall.EACCES}: true, &fs.PathError{Op: "open", Path: "/k", Err: syscall.ENOENT}: false} {
		if got := Denied(err); strings.Contains(got.Error(), "LoadCredential=") != want || !errors.Is(got, err) {
			t.Errorf("got %v", got)
		}
	}
	if _, err := ReadOrMakeKey(filepath.Join(t.TempDir(), "none", "key")); err == nil || !strings.Contains(err.Error(), "--data-dir") {
		t.Errorf("where no file can be made: %v", err)
	}
}

func FuzzKnown(f *testing.F) {
	g := New(Secrets{Key: "0123456789012345678901"}, func() {})
	f.Add("")
	f.Add("AQMA")
	f.Fuzz(func(t *testing.T, token string) {
		if p, err := g.Known(token); err == nil || p != nil {
			t.Errorf("%q is a pass", token)
		}
	})
}

func TestRate(t *testing.T) {
	now := time.Unix(1_763_638_612, 0)
	r := &Rate{AtOnce: 3, Pause: time.Second, now: func() time.Time { return now }}
	for i := range 3 {
		if _, ok := r.Allow(here); !ok {
			t.Errorf("%d is too many", i)
		}
	}
	wait, ok := r.Allow(here)
	if ok || wait <= 0 || wait > time.Second {
		t.Errorf("the fourth may, or waits %v", wait)
	}
	if _, ok := r.Allow("192.0.2.8"); !ok {
		t.Error("another may not")
	}
	if now = now.Add(wait); true {
		if _, ok := r.Allow(here); !ok {
			t.Error("after that it may not")
		}
	}
	for i := range mostRemembered + 64 {
		r.Allow(Client(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})))
	}
	if len(r.of) > mostRemembered {
		t.Errorf("%d are remembered", len(r.of))
	}
}

// Many tries at the same time are no way around the bound: each is counted before it is looked at, which takes its time.
func TestPasswordsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("a password costs a twelfth of a second, on purpose")
	}
	hash, err := bcrypt.GenerateFromPassword([]byte("correct horse"), cost-2)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		users, err := ParseUsers(append([]byte("ann:operator:"), hash...))
		if err != nil {
			t.Fatal(err)
		}
		g, _, _ := guarded(t, Secrets{Users: users})
		for range checks {
			users.turns <- struct{}{}
		}
		var all sync.WaitGroup
		for range triesOfOne {
			all.Go(func() { g.Password("ann", "wrong", here) })
		}
		synctest.Wait() // for their turns
		all.Go(func() {
			if _, err := g.Password("ann", "correct horse", here); !errors.Is(err, ErrSlowed) {
				t.Errorf("one more than may be wrong is listened to beside them: %v", err)
			}
		})
		synctest.Wait()
		for range checks {
			<-users.turns
		}
		all.Wait()
		for range triesOfOne + 1 {
			if _, err := g.Password("ann", "correct horse", "192.0.2.8"); err != nil {
				t.Fatalf("who is right is counted as wrong: %v", err)
			}
		}
	})
}
