// Package wsframe is the server's half of the WebSocket protocol without the socket: bytes in, messages out, and the
// frames to send (RFC 6455), compressed or not (RFC 7692). It is made for a server that holds ten thousand connections,
// nearly all of them silent.
//
// # What is promised
//
// Frames to send are appended to the caller's buffer, final and unmasked. One header and one payload serve every viewer.
//
// A Reader is fed with whatever bytes have arrived. It hands over messages and control frames in the order in which they
// ended on the wire, each once, and the same ones wherever the bytes were cut. Fragments are put together; a control
// frame between them is handed over between them. An idle Reader is 24 bytes. It allocates only while a frame or a
// fragmented message is incomplete: 144 bytes and what has arrived, with append's spare room, never what is merely
// announced. It lets go of that afterwards. A message in one frame that arrives whole costs no allocation.
//
// A Reader answers nothing by itself: pongs, and the close frame in reply to a close frame or an Error, are the caller's.
//
// # What happens to the bad
//
// The first byte that breaks the protocol ends the Reader with an *Error, which has the close code to send: 1002 for
// framing, 1007 for what is not UTF-8, 1009 for a message beyond Limit. A length is judged as soon as it is announced,
// before a byte of the message is kept; text as far as it has arrived. After an error or a close frame nothing is handed
// over any more.
//
// How often a viewer speaks is not judged here: empty frames of six bytes each are legal. The caller counts bytes.
//
// # Limits
//
// Nothing here is safe for concurrent use, starts a goroutine or knows the time. The payload of a compressed message is
// handed over raw; an Inflater inflates it within a bound.
package wsframe

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// An Opcode says what a frame is (RFC 6455 section 5.2).
type Opcode byte

// The six opcodes, and the one bit beside them that a Reader hands over.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA

	// Deflated stands beside Text or Binary (Text|Deflated) where the payload is still compressed.
	Deflated Opcode = 0x40
)

func (o Opcode) control() bool { return o&0x8 != 0 }

// Close codes (RFC 6455 section 7.4.1).
const (
	NormalClosure   = 1000
	GoingAway       = 1001
	ProtocolError   = 1002
	UnsupportedData = 1003
	NoStatus        = 1005 // never on the wire: the close frame was empty
	InvalidPayload  = 1007
	PolicyViolation = 1008
	TooBig          = 1009
	InternalError   = 1011
	TryAgainLater   = 1013 // from IANA's registry
)

// MaxHeader is the longest header, in bytes, that AppendHeader appends.
const MaxHeader = 10

const (
	final      = 0x80
	compressed = 0x40 // RSV1 (RFC 7692 section 6)
	masked     = 0x80
	maxControl = 125 // bytes of payload in a control frame
)

// AppendHeader appends the header of a frame with a payload of length bytes: final and unmasked. deflated says that the
// payload is a compressed message.
func AppendHeader(b []byte, op Opcode, length int, deflated bool) []byte {
	first := final | byte(op)
	if deflated {
		first |= compressed
	}
	switch {
	case length <= maxControl:
		return append(b, first, byte(length))
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, first, 126), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(b, first, 127), uint64(length))
}

// AppendFrame appends a whole frame. The payload of Ping and Pong must not be longer than 125 bytes; a Reader hands over
// none that is.
func AppendFrame(b []byte, op Opcode, payload []byte, deflated bool) []byte {
	return append(AppendHeader(b, op, len(payload), deflated), payload...)
}

// AppendClose appends a close frame. A reason too long for it, 123 bytes, is cut between two characters, and what is not
// UTF-8 in it is replaced. A code that must not be on the wire, as NoStatus, gives an empty frame.
func AppendClose(b []byte, code int, reason string) []byte {
	if !sendable(code) {
		return AppendHeader(b, Close, 0, false)
	}
	reason = strings.ToValidUTF8(reason, string(utf8.RuneError))
	if most := maxControl - 2; len(reason) > most {
		for !utf8.RuneStart(reason[most]) {
			most--
		}
		reason = reason[:most]
	}
	b = AppendHeader(b, Close, 2+len(reason), false)
	b = binary.BigEndian.AppendUint16(b, uint16(code))
	return append(b, reason...)
}

// CloseCode is the code in the payload of a close frame that a Reader has handed over: NoStatus where it is empty.
// AppendClose(b, CloseCode(payload), "") answers it.
func CloseCode(payload []byte) int {
	if len(payload) < 2 {
		return NoStatus
	}
	return int(binary.BigEndian.Uint16(payload))
}

// sendable reports whether a code may be in a close frame (RFC 6455 section 7.4.2). 1012 to 1014 are newer than the RFC
// and registered with IANA.
func sendable(code int) bool {
	switch code {
	case 1004, 1005, 1006:
		return false
	}
	return code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999
}

// An Error is why a connection has to be closed.
type Error struct {
	Code   int    // for the close frame
	Reason string // likewise: short, and nothing in it comes from the viewer
}

func (e *Error) Error() string { return "websocket: " + e.Reason }

func broken(reason string) error { return &Error{ProtocolError, reason} }

// unmask undoes the masking of a payload's bytes that follow its first at (RFC 6455 section 5.3).
func unmask(b []byte, key [4]byte, at int) {
	if at &= 3; at != 0 {
		key = [4]byte{key[at], key[(at+1)&3], key[(at+2)&3], key[(at+3)&3]}
	}
	word := uint64(binary.LittleEndian.Uint32(key[:]))
	word |= word << 32
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^word)
	}
	for i := range b {
		b[i] ^= key[i&3]
	}
}
