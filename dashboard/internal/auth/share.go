package auth

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"time"
)

// A Share is a link that is out.
type Share struct {
	ID    string    `json:"id"`
	Until time.Time `json:"until"`

	left int // passes got for it that were revoked
}

// Share makes a link's token that lets who has it look until then.
func (g *Guard) Share(until time.Time) (token string, s Share, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, other := range g.shares {
		if !g.now().Before(other.Until) {
			delete(g.shares, id)
		}
	}
	if len(g.shares) >= mostShares {
		return "", Share{}, ErrFull
	}
	p := &Pass{Role: Viewer, Redacted: true, Until: until, id: newID()}
	s = Share{ID: shareID(p.id), Until: time.Unix(until.Unix(), 0).UTC()}
	g.shares[p.id] = s
	return seal(p, g.links), s, nil
}

func shareID(id uint64) string { return strconv.FormatUint(id, 36) }

// Shared is for who has a link: a pass that ends with it. A link of the process before has ended.
func (g *Guard) Shared(token, from string) (*Pass, error) {
	p, err := g.Linked(token)
	if errors.Is(err, ErrWrong) {
		if hasTokenForm(token) {
			return nil, ErrEnded
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		err = g.throttle.failed(from, g.now())
	}
	return p, err
}

// Linked is Shared for who shows a link's token with each question, and may show something else there: what is no link's
// is ErrWrong and not counted.
func (g *Guard) Linked(token string) (*Pass, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	link, ok := open(token, g.links)
	if !ok {
		return nil, ErrWrong
	}
	if _, out := g.shares[link.id]; !out || !g.now().Before(link.Until) {
		return nil, ErrEnded
	}
	p := g.pass(link.Role)
	p.Redacted, p.share = link.Redacted, link.id
	if link.Until.Before(p.Until) {
		p.Until = link.Until
	}
	return p, nil
}

// Shares lists the links that are out, the first to end first.
func (g *Guard) Shares() []Share {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := []Share{}
	for _, s := range g.shares {
		if g.now().Before(s.Until) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b Share) int { return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.ID, b.ID)) })
	return list
}

// Unshare takes a link back, and with it all passes that were got for it; "" takes back all. It tells whether there was one.
func (g *Guard) Unshare(id string) bool {
	g.mu.Lock()
	found := false
	for number, s := range g.shares {
		if id == "" || s.ID == id {
			delete(g.shares, number)
			found = true
		}
	}
	g.mu.Unlock()
	if found {
		g.ended()
	}
	return found
}
