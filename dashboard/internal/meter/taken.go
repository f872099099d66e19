package meter

import "net"

// A Taken is the account of a connection that was taken from its Conn in the middle of a request, to be parked between
// one and the next. There may be ten thousand, and while they wait they keep nothing that others have as well.
type Taken struct{ books }

// Take takes the account: what has been counted so far, and whose it is. The Conn accounts for nothing from then on.
func (c *Conn) Take(t *Taken) {
	t.move(&c.books)
	c.letGo()
}

// move is a copy of books that are not used at the same time.
func (c *books) move(from *books) {
	c.Counter, c.taps, c.request, c.startIn, c.startOut, c.payer, c.before = from.Counter, from.taps, from.request, from.startIn, from.startOut, from.payer, from.before
	c.more.Store(from.more.Load())
}

// Returned is a Conn for the connection, which the Taken accounts for no longer. early bytes have been read from it, and
// counted, since the last request: they will be read first.
func (t *Taken) Returned(conn net.Conn, early []byte) *Conn {
	c := &Conn{Conn: conn}
	if c.move(&t.books); len(early) > 0 {
		c.early = &early
	}
	return c
}

// Count adds to what has passed through the connection.
func (t *Taken) Count(in, out int) {
	if in > 0 {
		t.in.Add(int64(in))
	}
	if out > 0 {
		t.out.Add(int64(out))
	}
}

// Ask puts the next request on an account. Answer and Answered must follow.
func (t *Taken) Ask(tally *Tally) {
	tally.mu.Lock()
	defer tally.mu.Unlock()
	tally.asked(&t.books)
	if !tally.Crowd {
		tally.begin(&Exchange{named: new(named)}, &t.books, nil)
	}
}

// Exchange is that of the request in hand; nil for one of a crowd, which nobody can ask for: it begins with its answer,
// and is used again after that.
func (t *Taken) Exchange() *Exchange {
	if t.request == nil || t.request.named == nil {
		return nil
	}
	return t.request
}

// Answer is Exchange's, of the request in hand.
func (t *Taken) Answer(messages int, body Layout) {
	if t.request == nil {
		x, again := t.payer.spare.Get().(*Exchange)
		if !again {
			x = new(Exchange)
		}
		*x = Exchange{tally: t.payer}
		x.on(&t.books)
	}
	t.request.Answer(messages, body)
}

// Answered is Conn's Idle, where p knows how to ask the kernel about the connection.
func (t *Taken) Answered(p Probe) {
	x := t.request
	if t.answered(p); x != nil && x.named == nil {
		x.tally.spare.Put(x)
	}
}

// Left says that the connection is closed, and that no request was in hand.
func (t *Taken) Left() {
	if m := t.more.Load(); m != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.left()
	}
}
