package wire

import "encoding/binary"

// Frames are what a WebSocket server sends (RFC 6455 §5). Text and binary messages are messages alike, fragmented or
// not; a pong is nothing. No extension is understood, and none has been offered.
type Frames struct {
	have    uint8 // bytes of head
	head    [10]byte
	inFrame bool
	opcode  byte
	fin     bool
	left    int64
	inside  bool // a message has begun and not ended
	message start
	control uint8 // bytes of payload
	payload [125]byte
}

const (
	continuation = 0
	opClose      = 8
	opPing       = 9
	opPong       = 10
)

// Next implements Parser.
func (f *Frames) Next(p []byte, _ bool) (Event, []byte, error) {
	for {
		if !f.inFrame {
			var err error
			if p, err = f.readHead(p); err != nil || !f.inFrame {
				return Event{}, nil, err
			}
		}
		n := int(min(f.left, int64(len(p))))
		if f.opcode >= opClose {
			f.control += uint8(copy(f.payload[f.control:], p[:n]))
		} else if !f.message.add(p[:n]) {
			return Event{}, nil, ErrTooLong
		}
		p = p[n:]
		f.left -= int64(n)
		if f.left > 0 {
			return Event{}, nil, nil
		}
		f.inFrame = false
		if f.opcode < opClose {
			if !f.fin {
				continue
			}
			e := Event{Kind: Message, Size: f.message.size, Head: f.message.head()}
			f.inside = false
			f.message.reset()
			return e, p, nil
		}
		payload := f.payload[:f.control]
		f.control = 0
		switch f.opcode {
		case opPing:
			return Event{Kind: Ping, Head: payload}, p, nil
		case opClose:
			e := Event{Kind: Close, Number: 1005} // RFC 6455 §7.1.5
			if len(payload) >= 2 {
				e.Number, e.Head = int(binary.BigEndian.Uint16(payload)), payload[2:]
			} else if len(payload) == 1 {
				return Event{}, nil, malformed("half a close code")
			}
			return e, p, nil
		}
	}
}

// readHead takes the two to ten bytes of a frame's head.
func (f *Frames) readHead(p []byte) ([]byte, error) {
	for len(p) > 0 && !f.inFrame {
		f.head[f.have] = p[0]
		f.have++
		p = p[1:]
		if f.have < 2 {
			continue
		}
		switch length := f.head[1] & 0x7f; { // RFC 6455 §5.2
		case length < 126:
			f.left = int64(length)
		case length == 126 && f.have < 4, f.have < 10 && length == 127:
			continue
		case length == 126:
			f.left = int64(binary.BigEndian.Uint16(f.head[2:]))
		default:
			f.left = int64(binary.BigEndian.Uint64(f.head[2:]) & (1<<63 - 1))
		}
		f.have = 0
		if err := f.begin(f.head[0], f.head[1]&0x80 != 0); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// begin judges a frame by its head.
func (f *Frames) begin(first byte, masked bool) error {
	f.inFrame, f.fin, f.opcode = true, first&0x80 != 0, first&0x0f
	switch {
	case first&0x70 != 0:
		return malformed("a frame with reserved bits: no extension was agreed on")
	case masked:
		return malformed("a masked frame from a server") // RFC 6455 §5.1
	case f.opcode >= opClose && (!f.fin || f.left > 125 || f.opcode > opPong):
		return malformed("control frame %d, fin %t, %d bytes", f.opcode, f.fin, f.left)
	case f.opcode > 2 && f.opcode < opClose:
		return malformed("a frame of unknown kind %d", f.opcode)
	case f.opcode == continuation && !f.inside:
		return malformed("a continuation of nothing")
	case f.opcode != continuation && f.opcode < opClose && f.inside:
		return malformed("a message within a message")
	case f.left > MaxMessage:
		return ErrTooLong
	}
	f.inside = f.inside || f.opcode < opClose
	return nil
}
