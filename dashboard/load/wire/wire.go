// Package wire reads what the servers of the five techniques send, piece by piece as it arrives, without sockets,
// without clocks and without keeping messages.
//
// # What is promised
//
// A parser is fed the bytes of one connection in any pieces, and what it finds does not depend on where they were cut.
// Next returns the first event in p and what of p lies behind it; the caller goes on with that until Kind is None,
// which is when p is used up. Slices in an Event are valid until the next call and until p changes.
//
// Of a message only its first bytes are shown, MaxHead of them at most, and its size: that is where an envelope has
// its id and time, and a thousand viewers need not copy a thousand snapshots that nobody draws. A parser holds less
// than 500 bytes, whatever it is sent; a HeadReader at most maxHeadBytes, and nothing between two heads.
//
// An error is final: the connection has no meaning from there on. It is ErrFormat or ErrTooLong.
package wire

import (
	"errors"
	"fmt"
)

const (
	// MaxHead is how much of a message is shown.
	MaxHead = 128
	// MaxMessage is the most bytes one message may have.
	MaxMessage = 16 << 20
)

var (
	// ErrFormat: what came is not in this technique's format.
	ErrFormat = errors.New("not this technique's format")
	// ErrTooLong: a message of more than MaxMessage, or a head of more than 32 KiB.
	ErrTooLong = errors.New("message too long")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

// A Kind says what an Event is.
type Kind uint8

// The kinds of events.
const (
	None    Kind = iota // nothing more in these bytes
	Message             // Head, Size; SSE: ID
	Beat                // a sign of life without content
	Retry               // SSE: Number is the reconnection time in ms
	Ping                // WebSocket: Head is its payload, at most 125 bytes
	Close               // WebSocket: Number is the code, 1005 if there was none; Head the reason
)

// An Event is what a parser found.
type Event struct {
	Kind   Kind
	Number int
	Size   int    // of the message, in bytes
	Head   []byte // its first bytes
	ID     []byte // what SSE says the id is, "" if nothing
}

// A Parser cuts the body of an answer, or what follows a WebSocket's handshake, into events.
type Parser interface {
	// Next looks for one event in p. last says that nothing of this body comes after p.
	Next(p []byte, last bool) (e Event, rest []byte, err error)
}

// New returns the parser of a technique, or nil if there is none of that name.
func New(technique string) Parser {
	switch technique {
	case "polling", "longpolling":
		return new(Answer)
	case "streaming":
		return new(Lines)
	case "sse":
		return new(SSE)
	case "websocket":
		return new(Frames)
	}
	return nil
}

// A start keeps the first bytes of something that arrives in pieces.
type start struct {
	size   int  // of the whole, so far
	shown  int  // bytes of b
	closed bool // what comes now does not follow b
	b      [MaxHead]byte
}

// add appends what there is room for. It reports false when the whole is too long.
func (s *start) add(p []byte) bool {
	if !s.closed {
		s.shown += copy(s.b[s.shown:], p)
	}
	s.size += len(p)
	return s.size <= MaxMessage
}

// skip counts n bytes that nobody has seen.
func (s *start) skip(n int) bool {
	s.closed = s.closed || n > 0
	s.size += n
	return s.size <= MaxMessage
}

func (s *start) head() []byte { return s.b[:s.shown] }

// reset begins anew. What head has returned stays until the next add.
func (s *start) reset() { s.size, s.shown, s.closed = 0, 0, false }
