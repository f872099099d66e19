package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/wsframe"
)

// A WebSocket is no longer HTTP after its handshake: frames of two to four bytes around each message, in both
// directions, on one connection (RFC 6455). The viewer says commands on the same socket. Nothing resumes by itself: the
// viewer reconnects and says after=, as on the others.
//
// The ways out:
//
//  1. the viewer leaves or closes: its close frame is answered, the connection is closed
//  2. a frame cannot be written in time: the connection is cut; the viewer sees code 1006
//  3. the hub closes, or the viewer's pass has ended: close frame 1001 "going away"
//  4. the viewer breaks the protocol (1002), sends what is not UTF-8 (1007), too much at a time (1009), or too often
//     (1008): close frame with that code
//  5. two pings in a row, a heartbeat apart, and no pong: the connection is cut, a write's patience after the second. There is
//     a ping after a heartbeat without a message, and while messages come after every fourth
//
// Its binary variant is a subprotocol: websocket_cbor.go.
func (s *Server) websocket(c *fiber.Ctx) error {
	r, p := s.request(c)
	if p != nil {
		return p.Send(c)
	}
	if p := s.meets(c, "websocket", &r); p != nil {
		return p.Send(c)
	}
	if !websocket.IsWebSocketUpgrade(c) || !c.Request().Header.IsHTTP11() { // whose Upgrade says nothing (RFC 9110 section 7.8)
		c.Set(fiber.HeaderUpgrade, "websocket")
		c.Set(fiber.HeaderConnection, "Upgrade")
		return problem.New(fiber.StatusUpgradeRequired, "this URL speaks WebSocket only: the request lacks Upgrade: websocket, or a proxy on the way has removed it or asks in HTTP/1.0").Send(c)
	}
	if !wsframe.ValidKey(c.Request().Header.Peek("Sec-WebSocket-Key")) || len(c.Request().Header.PeekAll("Sec-WebSocket-Key")) > 1 {
		p := problem.Bad("Sec-WebSocket-Key", "not a WebSocket handshake: the key is missing or is none", "16 bytes in base64, once (RFC 6455 section 4.1)")
		return p.Send(c)
	}
	if p := s.crowded(c); p != nil {
		return p.Send(c)
	}
	form, protocol, extension := s.socketForm(c, r)
	account := s.begin(c, "websocket", r)
	// Origin was judged before the request came here; the library's own check knows lists only. It does the handshake,
	// and has no part in what follows: its connections have buffers of their own, each.
	err := websocket.New(func(conn *websocket.Conn) {
		s.line(conn.NetConn(), r, account, nil, fanout.Line{Form: form, Ear: s.newEar(extension != "")})
	}, websocket.Config{RecoverHandler: func(*websocket.Conn) {}})(c) // its own would tell the viewer what panicked
	if err == nil {
		s.holds(c, "websocket", r)
	} else { // no handshake, so the handler above never runs
		account.Answer(0, meter.Layout{})
		c.Set("Sec-WebSocket-Version", "13") // RFC 6455 section 4.4: what there is instead
		return problem.New(fiber.StatusBadRequest, "not a WebSocket handshake: RFC 6455 section 4.1 asks for GET and Sec-WebSocket-Version: 13").Send(c)
	}
	if extension != "" {
		c.Set(fiber.HeaderSecWebSocketExtensions, extension)
	}
	if protocol != "" { // a viewer must not be told one that it has not offered (RFC 6455 section 4.1)
		c.Set(fiber.HeaderSecWebSocketProtocol, protocol)
	}
	return nil
}

// A socketForm is how messages are framed: as they are, or compressed as RFC 7692 has it.
type socketForm struct{ plain, deflate, alone *fanout.Form }

// socketFormOf frames what content makes of a message.
func (s *Server) socketFormOf(variant string, op wsframe.Opcode, content func(b []byte, m *hub.Message) []byte) socketForm {
	words := fanout.Words{
		Technique: "websocket",
		Variant:   variant,
		Message:   func(b []byte, m *hub.Message) []byte { return wsframe.AppendFrame(b, op, content(nil, m), false) },
		Heartbeat: wsframe.AppendFrame(nil, wsframe.Ping, nil, false),
		Payload:   framed,
		Heard:     heardFrames,
		Steady:    true,
		Farewell: func(b []byte) []byte {
			return wsframe.AppendClose(b, wsframe.GoingAway, heldEnded)
		},
	}
	deflated := words
	deflated.Plain, deflated.Message = words.Message, content
	deflated.Packed = func(b, part []byte) []byte { return wsframe.AppendFrame(b, op, part, true) }
	return socketForm{
		plain:   &fanout.Form{Words: words},
		deflate: &fanout.Form{Words: deflated, Encoding: fanout.Deflate, Compressor: &s.compressor},
		alone:   &fanout.Form{Words: deflated, Encoding: fanout.Alone, Compressor: &s.compressor},
	}
}

// socketForm is what the viewer asks for: the subprotocol it likes best of those there are, compressed if it offers
// permessage-deflate (RFC 7692). "" is what the answer does not say.
func (s *Server) socketForm(c *fiber.Ctx, r request) (form *fanout.Form, protocol, extension string) {
	forms := s.forms.websocket
	protocol = wsframe.ChooseSubprotocol(joined(c, fiber.HeaderSecWebSocketProtocol), protocolJSON, protocolCBOR)
	if protocol == protocolCBOR {
		forms = s.forms.websocketCBOR
	}
	if r.off {
		return forms.plain, protocol, ""
	}
	switch d := wsframe.NegotiateDeflate(joined(c, fiber.HeaderSecWebSocketExtensions)); {
	case !d.Accepted:
		return forms.plain, protocol, ""
	case d.NoContext:
		return forms.alone, protocol, d.Header
	default:
		return forms.deflate, protocol, d.Header
	}
}

// joined is a header field that may stand there in several lines (RFC 9110 section 5.3).
func joined(c *fiber.Ctx, name string) string {
	return string(bytes.Join(c.Request().Header.PeekAll(name), []byte(",")))
}

// framed is where the payload is in a frame of ours.
func framed(frame []byte) (from, to int) {
	h, _ := wsframe.ParseHeader(frame)
	return h.Size, h.Size + h.Length
}

// heardFrames tells the payload of a viewer's messages from the rest: of frames that are whole, and no message begun.
func heardFrames(b []byte) (whole int, payload []meter.Span) {
	open, spans := false, []meter.Span(nil)
	for at := 0; ; {
		h, ok := wsframe.ParseHeader(b[at:])
		if !ok || h.Size+h.Length > len(b)-at {
			return whole, payload
		}
		if at += h.Size + h.Length; !h.Control {
			open = !h.Final
			spans = append(spans, meter.Span{From: at - h.Length, To: at})
		}
		if !open {
			whole, payload = at, spans
		}
	}
}

func textOf(b []byte, m *hub.Message) []byte { return append(b, m.JSON...) }

// An ear hears the commands that a viewer says on its WebSocket. Every message costs a token, and every control frame:
// a flood of pings is a flood. Bytes are judged apart: a fragment that is never finished shows nowhere else.
type ear struct {
	server        *Server
	holding       *holding
	reader        wsframe.Reader
	frames, bytes budget
}

func (s *Server) newEar(compressed bool) *ear {
	e := &ear{server: s}
	e.reader.Compressed = compressed
	e.reader.Limit = MostCommand
	return e
}

// Hear is fanout.Ear's.
func (e *ear) Hear(b []byte) (answer []byte, err error) {
	now := e.server.now()
	if err = e.bytes.spend(now, float64(len(b)), bytesPerSecond, bytesAtOnce); err == nil {
		err = e.reader.Feed(b, func(op wsframe.Opcode, payload []byte) error {
			if err := e.frames.spend(now, 1, framesPerSecond, framesAtOnce); err != nil {
				return err
			}
			switch op {
			case wsframe.Ping:
				answer = wsframe.AppendFrame(answer, wsframe.Pong, payload, false)
			case wsframe.Pong:
			case wsframe.Close:
				answer = wsframe.AppendClose(answer, wsframe.CloseCode(payload), "")
				return fanout.ErrLeft
			default:
				e.holding.account.Received(len(payload))
				text, err := e.inflate(op, payload)
				if err != nil {
					return err
				}
				answer = e.command(answer, text)
			}
			return nil
		})
	}
	var broken *wsframe.Error
	switch {
	case errors.Is(err, errFlood):
		answer = wsframe.AppendClose(answer, wsframe.PolicyViolation, err.Error())
	case errors.As(err, &broken):
		answer = wsframe.AppendClose(answer, broken.Code, broken.Reason)
	}
	return answer, err
}

// inflate is the message in a payload that may be compressed.
func (e *ear) inflate(op wsframe.Opcode, payload []byte) ([]byte, error) {
	if op&wsframe.Deflated == 0 {
		return payload, nil
	}
	inflater := e.server.inflaters.Get().(*wsframe.Inflater)
	defer e.server.inflaters.Put(inflater)
	text, err := inflater.Append(nil, payload, MostCommand)
	if err == nil && op == wsframe.Text|wsframe.Deflated && !utf8.Valid(text) {
		err = &wsframe.Error{Code: wsframe.InvalidPayload, Reason: "text that is not UTF-8"}
	}
	return text, err
}

// command does what a viewer says and appends the answer's frame, if there is one.
func (e *ear) command(b, text []byte) []byte {
	said, p := e.server.command(true, e.holding.set, text)
	if p != nil {
		var err error
		if said, err = json.Marshal(map[string]any{"problem": p}); err != nil {
			return b
		}
	}
	if said == nil {
		return b
	}
	return wsframe.AppendFrame(b, wsframe.Text, said, false)
}
