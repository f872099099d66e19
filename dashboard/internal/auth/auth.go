// Package auth says who somebody is, and what that somebody may do. It knows no HTTP and no socket.
//
// # What is promised
//
// Who shows the key, or a name with its password, gets a pass: a role, until a time. A pass travels as a token that only
// the Guard that made it can have made (HMAC-SHA256), so nothing is kept for those who are in, however many. A Guard with
// the same secrets, such as that of the next process, knows its passes too.
//
// A share is a pass that may be handed on: it lets others look, in a redacted form, until its time is over. Shares and
// what was got for them end with the process.
//
// All comparisons of secrets are of their hashes, in constant time. A key is 256 random bits: guessing it is hopeless, so
// the right one opens at any time, and who is wrong is slowed down. A password can be guessed: who was wrong too often
// is not listened to until a while has passed, and neither is anybody when all together were wrong too often. What has
// the form of a token is no guess: whoever guesses keys does not win by it, and a page shows a token that is worthless by
// now with each question.
//
// # How a pass ends
//
// By its time, by Revoke, and by Replace: other secrets, the users' file among them, make all passes worthless. Alive
// tells; whoever holds something for the bearer of a pass asks it again when Ended has been called, and now and then.
//
// What was revoked is remembered by this Guard alone: the next process knows such a pass as it knows the others. Who has to
// be kept out for good is so by Replace.
package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// session is how long who has logged in stays so.
	session = 7 * 24 * time.Hour
	// LongestShare is how long a share may last.
	LongestShare = 30 * 24 * time.Hour
	mostRevoked  = 10_000
	mostLeft     = 1000 // passes got by one link that are revoked
	mostShares   = 1000
)

// The ways a try fails.
var (
	ErrWrong  = errors.New("that does not open this dashboard")
	ErrSlowed = errors.New("too many tries were wrong; wait before the next")
	ErrEnded  = errors.New("that has ended")
	ErrFull   = errors.New("too many links are out; take some back")
)

// Secrets are what opens. The zero Secrets open nothing.
type Secrets struct {
	Key   string // an operator's; "" for none
	Users Users
}

// A Pass is who somebody is.
type Pass struct {
	Role     Role
	Redacted bool      // sees no command lines and no names of users
	Until    time.Time // it ends then

	id, share uint64 // share is 0 for one that was not got by a link
	secret    [sha256.Size]byte
}

// A Guard is made by New and safe for concurrent use.
type Guard struct {
	now   func() time.Time
	ended func()

	mu       sync.Mutex
	secrets  Secrets
	opens    [sha256.Size]byte // the hash of the key
	sessions []byte            // what passes are signed with; it is a secret's own
	links    []byte            // what shares are signed with: this process's own
	revoked  map[uint64]time.Time
	shares   map[uint64]Share
	throttle throttle
}

// New guards by secrets. ended is called, on nobody's goroutine in particular, when passes have ended before their time.
func New(secrets Secrets, ended func()) *Guard {
	g := &Guard{now: time.Now, ended: ended, links: random(), revoked: make(map[uint64]time.Time), shares: make(map[uint64]Share)}
	g.use(secrets)
	return g
}

// random is 256 bits of it.
func random() []byte {
	b := make([]byte, sha256.Size)
	rand.Read(b) // it does not fail: the program ends first
	return b
}

// use is Replace with mu held, or before anybody else has the Guard.
func (g *Guard) use(s Secrets) {
	g.secrets, g.opens = s, sha256.Sum256([]byte(s.Key))
	seed := []byte(s.Key)
	if s.Key == "" {
		seed = random() // a file of users alone is no secret: its hashes may be read by others
	}
	g.sessions = derive(seed, "session", s.Users.digest[:])
}

// derive makes a key for one purpose of a secret.
func derive(secret []byte, purpose string, more []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(purpose))
	mac.Write([]byte{0})
	mac.Write(more)
	return mac.Sum(nil)
}

// Replace has other secrets from now on. If they are others, all passes end.
func (g *Guard) Replace(s Secrets) (changed bool) {
	g.mu.Lock()
	changed = s.Key != g.secrets.Key || s.Users.digest != g.secrets.Users.digest
	if changed {
		g.use(s)
		g.links, g.shares = random(), make(map[uint64]Share)
	}
	g.mu.Unlock()
	if changed {
		g.ended()
	}
	return changed
}

// Ways tells what can be shown: a key, a password.
func (g *Guard) Ways() (key, password bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.secrets.Key != "", len(g.secrets.Users.of) > 0
}

// pass makes one. mu is held.
func (g *Guard) pass(role Role) *Pass {
	p := &Pass{Role: role, Until: g.now().Add(session), id: newID()}
	copy(p.secret[:], g.sessions)
	return p
}

// Own is a viewer's pass for a part of this program.
func (g *Guard) Own(until time.Time) *Pass {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.pass(Viewer)
	p.Until = until
	return p
}

// newID is never 0.
func newID() uint64 { return binary.LittleEndian.Uint64(random()) | 1 }

// Key is for who shows a key. from is where it came from, for the slowing down; see Client.
func (g *Guard) Key(key, from string) (*Pass, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if hash := sha256.Sum256([]byte(key)); g.secrets.Key != "" && subtle.ConstantTimeCompare(hash[:], g.opens[:]) == 1 {
		return g.pass(Operator), nil
	}
	if hasTokenForm(key) {
		return nil, ErrEnded
	}
	return nil, g.throttle.failed(from, g.now())
}

// Password is for who shows a name and its password. It takes tens of milliseconds of CPU, which only so many at a time get.
func (g *Guard) Password(user, password, from string) (*Pass, error) {
	g.mu.Lock()
	users, now := g.secrets.Users, g.now()
	err := g.throttle.begins(from, now)
	g.mu.Unlock()
	if err != nil {
		return nil, err
	}
	role, ok := users.check(user, password)
	g.mu.Lock()
	defer g.mu.Unlock()
	if !ok || users.digest != g.secrets.Users.digest { // the file has changed meanwhile
		g.throttle.wrong++
		return nil, ErrWrong
	}
	g.throttle.forgive(from, g.now())
	return g.pass(role), nil
}

// Token is what the bearer of a pass shows: see Known.
func (g *Guard) Token(p *Pass) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return seal(p, g.sessions)
}

// Known is the pass in a token. One that was made by another process, or with other secrets, has ended: a page that was
// open meanwhile shows it again and again, and that is no try to get in.
func (g *Guard) Known(token string) (*Pass, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p, ok := open(token, g.sessions)
	if !ok {
		return nil, ErrEnded
	}
	copy(p.secret[:], g.sessions)
	if !g.alive(p) {
		return nil, ErrEnded
	}
	return p, nil
}

// Alive tells whether a pass still is one; nil, who needed none, always is.
func (g *Guard) Alive(p *Pass) bool {
	if p == nil {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.alive(p)
}

func (g *Guard) alive(p *Pass) bool {
	_, revoked := g.revoked[p.id]
	_, shared := g.shares[p.share]
	return !revoked && (p.share == 0 || shared) && g.now().Before(p.Until) && subtle.ConstantTimeCompare(p.secret[:], g.sessions) == 1
}

// Revoke ends a pass.
func (g *Guard) Revoke(p *Pass) {
	g.mu.Lock()
	now := g.now()
	if len(g.revoked) >= mostRevoked {
		for id, until := range g.revoked {
			if until.Before(now) {
				delete(g.revoked, id)
			}
		}
	}
	if len(g.revoked) >= mostRevoked { // who does that to us ends everybody's
		g.links, g.shares, g.revoked = random(), make(map[uint64]Share), make(map[uint64]time.Time)
		g.sessions = derive(g.sessions, "flooded", random())
	}
	g.revoked[p.id] = p.Until
	if s, out := g.shares[p.share]; out { // who has a link has no power over the others
		if s.left++; s.left < mostLeft {
			g.shares[p.share] = s
		} else {
			delete(g.shares, p.share)
		}
	}
	g.mu.Unlock()
	g.ended()
}

// Tries counts how many tries were wrong since the start, and how many of them were not listened to.
func (g *Guard) Tries() (wrong, slowed uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.throttle.wrong, g.throttle.slowed
}

// Wait is how long who is at from should wait before the next try.
func (g *Guard) Wait(from string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.throttle.wait(from, g.now())
}

// A token is a version, what the pass says, and who can have made it.
const (
	version = 1
	said    = 1 + 1 + 1 + 8 + 8 + 8
)

func seal(p *Pass, key []byte) string {
	b := make([]byte, 0, said+sha256.Size)
	b = append(b, version, byte(p.Role), 0)
	if p.Redacted {
		b[2] = 1
	}
	b = binary.BigEndian.AppendUint64(b, p.id)
	b = binary.BigEndian.AppendUint64(b, p.share)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Until.Unix()))
	mac := hmac.New(sha256.New, key)
	mac.Write(b)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(b))
}

func open(token string, key []byte) (*Pass, bool) {
	b, ok := decode(token)
	if !ok {
		return nil, false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(b[:said])
	if !hmac.Equal(mac.Sum(nil), b[said:]) || !slices.Contains([]Role{Viewer, Presenter, Operator}, Role(b[1])) {
		return nil, false
	}
	return &Pass{
		Role: Role(b[1]), Redacted: b[2] != 0, id: binary.BigEndian.Uint64(b[3:]), share: binary.BigEndian.Uint64(b[11:]),
		Until: time.Unix(int64(binary.BigEndian.Uint64(b[19:])), 0),
	}, true
}

// decode is what is in a token, whoever made it.
func decode(token string) ([]byte, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	return b, err == nil && len(b) == said+sha256.Size && b[0] == version
}

// hasTokenForm tells whether a text looks like a token: of this process, of the one before, or of anybody's making.
func hasTokenForm(text string) bool {
	_, ok := decode(text)
	return ok
}
