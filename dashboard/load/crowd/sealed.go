package crowd

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// mostReading is how many read by TLS at a time, or as many as have a processor. The others wait: when a message comes for all,
	// each would have a buffer.
	mostReading = 4
	// readingRoom is a buffer's size: for the part of a record that has come before, and for as much again.
	readingRoom = 32 << 10
	// mostHandshake is the longest handshake message that may come behind the handshake: a ticket, which nobody keeps.
	mostHandshake = 64 << 10
	// farewell is how long the last word may take.
	farewell = time.Second
)

// errNotNow is that there is nothing to read.
var errNotNow = errors.New("nothing has come")

// few are buffers that are not in use; nil for one that has not been made yet.
type few chan *[readingRoom]byte

func newFew(n int) few {
	f := make(few, n)
	for range n {
		f <- nil
	}
	return f
}

// A sealed connection speaks TLS 1.3 behind the handshake. crypto/tls keeps 4 KB of each connection and a buffer as large as
// the largest record so far; this one has the keys alone while it waits, and the buffer is one of few. Nothing is trusted that
// crypto/tls would not: whose certificate it is has been seen to, and what was not sealed by that server is an error.
type sealed struct {
	*net.TCPConn
	in   half
	part []byte // of a record, whose rest has not come
	hand []byte // of a handshake message, likewise
	err  error  // the end, which is told once all before it is read

	writing sync.Mutex
	out     half
}

func newSealed(conn *net.TCPConn, suite uint16, in, out []byte) (*sealed, error) {
	s := &sealed{TCPConn: conn, in: half{suite: suite}, out: half{suite: suite}}
	return s, errors.Join(s.in.use(in), s.out.use(out))
}

// NetConn is the socket, for who reads nothing.
func (s *sealed) NetConn() net.Conn { return s.TCPConn }

func (s *sealed) Write(b []byte) (n int, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	for n < len(b) && err == nil {
		piece := b[n:min(n+mostContent, len(b))]
		if _, err = s.TCPConn.Write(s.out.seal(application, piece)); err == nil { // with a part of it the connection has no meaning
			n += len(piece)
		}
	}
	return n, err
}

// Close says goodbye, where nothing else is being said.
func (s *sealed) Close() error {
	if s.writing.TryLock() {
		_ = s.TCPConn.SetWriteDeadline(time.Now().Add(farewell))
		_, _ = s.TCPConn.Write(s.out.seal(alert, []byte{1, closeNotify}))
		s.writing.Unlock()
	}
	return s.TCPConn.Close()
}

// read waits for bytes and hands them to take.
func (s *sealed) read(buffers few, take func([]byte)) error {
	for s.err == nil {
		if err := await(s.TCPConn); err != nil {
			return err
		}
		b := <-buffers
		if b == nil {
			b = new([readingRoom]byte)
		}
		n := copy(b[:], s.part)
		more, err := readNow(s.TCPConn, b[n:])
		var content []byte
		if err == nil {
			content, s.err = s.open(b[:n+more])
		}
		if len(content) > 0 {
			take(content)
		}
		buffers <- b
		switch {
		case len(content) > 0:
			return nil // an error comes next
		case err == io.EOF && n > 0:
			return io.ErrUnexpectedEOF
		case err != nil && err != errNotNow:
			return err
		}
	}
	return s.err
}

// open opens the records in b, in place, and keeps what is of one that is not whole.
func (s *sealed) open(b []byte) (content []byte, err error) {
	content = b[:0]
	for {
		n, whole, err := firstRecord(b)
		if err != nil {
			return content, err
		}
		if !whole {
			break
		}
		kind, is, err := s.in.open(b[:n])
		if err == nil {
			switch kind {
			case application:
				content = append(content, is...) // which begins before it
			case alert:
				err = alerted(is)
			case handshake:
				err = s.shake(is)
			default:
				err = errUnexpected
			}
		}
		if err != nil {
			return content, err
		}
		b = b[n:]
	}
	s.part = nil
	if len(b) > 0 {
		s.part = append(s.part, b...)
	}
	return content, nil
}

// shake hears what is said of the connection itself: other keys, and tickets for later ones (RFC 8446 §4.6).
func (s *sealed) shake(b []byte) error {
	s.hand = append(s.hand, b...)
	for len(s.hand) >= 4 {
		n := 4 + int(s.hand[1])<<16 + int(s.hand[2])<<8 + int(s.hand[3])
		if n > mostHandshake {
			return errUnexpected
		}
		if len(s.hand) < n {
			return nil
		}
		message := s.hand[:n]
		if s.hand = s.hand[n:]; len(s.hand) == 0 {
			s.hand = nil
		}
		switch {
		case message[0] == newSessionTicket:
		case message[0] == keyUpdate && n == 5 && len(s.hand) == 0: // what is sealed by other keys is another record
			if err := s.update(message[4] == 1); err != nil {
				return err
			}
		default:
			return errUnexpected
		}
	}
	return nil
}

// update goes on with the next keys: with those that are read with, and with ours too where that is asked for.
func (s *sealed) update(ours bool) error {
	if ours {
		s.writing.Lock()
		defer s.writing.Unlock()
		_ = s.TCPConn.SetWriteDeadline(time.Now().Add(patience))
		if _, err := s.TCPConn.Write(s.out.seal(handshake, []byte{keyUpdate, 0, 0, 1, 0})); err != nil {
			return err
		}
		if err := s.out.next(); err != nil {
			return err
		}
	}
	return s.in.next()
}

// alerted is the end that an alert tells of; nil for none.
func alerted(b []byte) error {
	switch {
	case len(b) != 2:
		return errUnexpected
	case b[1] == closeNotify:
		return io.EOF
	case b[1] == userCanceled: // the end comes behind it
		return nil
	}
	return tls.AlertError(b[1])
}
