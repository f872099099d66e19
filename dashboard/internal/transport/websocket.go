package transport

import (
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"
	"unicode/utf8"

	fws "github.com/fasthttp/websocket"
	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// A WebSocket is no longer HTTP after its handshake: frames of two to four bytes around each message, in both
// directions, on one connection (RFC 6455). The viewer says commands on the same socket. Nothing resumes by itself: the
// viewer reconnects and says after=, as on the others.
//
// The ways out are deliver's and the reader's:
//
//  1. the viewer leaves or closes: its close frame is answered by the library, the connection is closed
//  2. a frame cannot be written in time: the connection is cut; the viewer sees code 1006
//  3. the hub closes: close frame 1001 "going away"
//  4. the viewer breaks the protocol (1002), sends what is not UTF-8 (1007), too much at a time (1009), or too often
//     (1008): close frame with that code
//  5. no pong for two heartbeats and a bit: the connection is cut
func (s *Server) websocket(c *fiber.Ctx) error {
	r, p := s.request(c)
	if p != nil {
		return p.Send(c)
	}
	if !websocket.IsWebSocketUpgrade(c) {
		c.Set(fiber.HeaderUpgrade, "websocket")
		c.Set(fiber.HeaderConnection, "Upgrade")
		return problem.New(fiber.StatusUpgradeRequired, "this URL speaks WebSocket only: the request lacks Upgrade: websocket, or a proxy on the way has removed it").Send(c)
	}
	account := s.begin(c, "websocket", r)
	// Origin was judged before the request came here; the library's own check knows lists only.
	err := websocket.New(func(conn *websocket.Conn) {
		s.held.Add(1)
		defer s.held.Add(-1)
		defer account.End()
		defer s.guard("websocket")
		s.converse(conn.Conn, r, account) // the inner Conn: the outer one is used again for others
	}, websocket.Config{RecoverHandler: func(*websocket.Conn) {}})(c) // its own would tell the viewer what panicked
	if err != nil { // no handshake, so the handler above never runs
		account.Answer(0, 0, 0)
		return problem.New(fiber.StatusBadRequest, "not a WebSocket handshake: RFC 6455 section 4.1 asks for GET, Sec-WebSocket-Version: 13 and a Sec-WebSocket-Key").Send(c)
	}
	return nil
}

// converse writes messages and listens for commands until one of the ways out. The reader has ended when it returns:
// the server takes the connection's memory back for others.
func (s *Server) converse(conn *fws.Conn, r request, account *meter.Exchange) {
	account.Hold(0) // the handshake has been written
	sub := s.hub.Subscribe(r.after, r.every)
	defer sub.Close()
	defer s.Viewers.hold(r.viewer, "websocket", sub)()

	left, finished := make(chan struct{}), make(chan struct{})
	ear := &ear{conn: conn, patience: 2*s.config.Heartbeat + s.config.WriteTimeout, stop: make(chan struct{}), answers: make(chan []byte)}
	go func() {
		defer close(finished)
		defer close(left)
		defer s.guard("websocket")
		s.listen(ear, r.viewer, account)
	}()
	defer func() {
		ear.shut()
		<-finished
	}()
	// A frame that is part of a message never shows in the reader's budget, so bytes are judged here, where time passes.
	bytes, heard := newBudget(time.Now(), bytesPerSecond, bytesAtOnce), account.In()
	flooded := func() error {
		in := account.In()
		err := bytes.spend(time.Now(), float64(in-heard))
		if heard = in; err != nil {
			s.closeWith(conn, fws.ClosePolicyViolation, err.Error())
		}
		return err
	}

	err := deliver(sub, left, s.config.Heartbeat, outlet{
		message: func(m *hub.Message) error {
			if err := flooded(); err != nil {
				return err
			}
			if err := s.write(conn, m.JSON); err != nil {
				return err
			}
			account.Sent(len(m.JSON), len(m.JSON))
			return nil
		},
		heartbeat: func() error {
			if err := flooded(); err != nil {
				return err
			}
			return conn.WriteControl(fws.PingMessage, nil, time.Now().Add(s.config.WriteTimeout))
		},
		steady:  true,
		answers: ear.answers,
		reply:   func(answer []byte) error { return s.write(conn, answer) },
	})
	if errors.Is(err, hub.ErrClosed) {
		s.closeWith(conn, fws.CloseGoingAway, "the server is going down")
		ear.shut()
		<-finished
		drain(conn, 50*time.Millisecond)
	}
}

// An ear is the reading half of a connection: who may still move its deadline, and where its answers go.
type ear struct {
	conn     *fws.Conn
	patience time.Duration
	stop     chan struct{} // closed by shut
	answers  chan []byte

	mu  sync.Mutex
	end bool
}

// alive gives the viewer more time, unless the ear has been shut.
func (e *ear) alive() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.end {
		e.conn.SetReadDeadline(time.Now().Add(e.patience))
	}
}

// shut ends the reading, now and for good.
func (e *ear) shut() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.end {
		e.end = true
		close(e.stop)
		e.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

func (s *Server) write(conn *fws.Conn, text []byte) error {
	conn.SetWriteDeadline(time.Now().Add(s.config.WriteTimeout))
	return conn.WriteMessage(fws.TextMessage, text)
}

func (s *Server) closeWith(conn *fws.Conn, code int, reason string) {
	conn.WriteControl(fws.CloseMessage, fws.FormatCloseMessage(code, reason), time.Now().Add(s.config.WriteTimeout))
}

// refuse closes and then reads on for a moment: closing a socket with unread bytes resets the connection, and the
// viewer would never see the reason (RFC 1122 section 4.2.2.13).
func (s *Server) refuse(conn *fws.Conn, code int, reason string) {
	s.closeWith(conn, code, reason)
	drain(conn, time.Second)
}

func drain(conn *fws.Conn, patience time.Duration) {
	raw := conn.NetConn()
	raw.SetReadDeadline(time.Now().Add(patience))
	io.CopyN(io.Discard, raw, mostNoise)
}

// listen reads commands until the connection ends or is not worth reading. Every message costs a token, and every
// control frame: a flood of pings is a flood.
func (s *Server) listen(ear *ear, viewer string, account *meter.Exchange) {
	conn, alive := ear.conn, ear.alive
	budget := newBudget(time.Now(), framesPerSecond, framesAtOnce)
	alive()
	conn.SetReadLimit(MostCommand)
	conn.SetPongHandler(func(string) error {
		alive()
		return budget.spend(time.Now(), 1)
	})
	conn.SetPingHandler(func(data string) error {
		alive()
		if err := budget.spend(time.Now(), 1); err != nil {
			return err
		}
		conn.WriteControl(fws.PongMessage, []byte(data), time.Now().Add(s.config.WriteTimeout))
		return nil
	})
	for {
		kind, text, err := conn.ReadMessage()
		if err == nil {
			alive()
			err = budget.spend(time.Now(), 1)
		}
		switch {
		case errors.Is(err, errFlood):
			s.refuse(conn, fws.ClosePolicyViolation, err.Error())
			return
		case err != nil: // the library has answered 1002 or 1009 where that was due
			return
		case kind == fws.TextMessage && !utf8.Valid(text): // RFC 6455 section 8.1; the library does not look
			s.refuse(conn, fws.CloseInvalidFramePayloadData, "not UTF-8")
			return
		}
		account.Received(len(text))
		answer, p := s.Command(viewer, text)
		if p != nil {
			answer, err = json.Marshal(map[string]any{"problem": p})
			if err != nil {
				return
			}
		}
		if answer == nil {
			continue
		}
		select {
		case ear.answers <- answer:
		case <-ear.stop:
			return
		}
	}
}

// errFlood is told to a viewer that says too much.
var errFlood = errors.New("more than 50 frames or 64 KiB a second")

// What a viewer may say: no person and no program of ours comes near it.
const (
	framesPerSecond, framesAtOnce = 50, 200
	bytesPerSecond, bytesAtOnce   = 64 << 10, 256 << 10
)

// budget is a token bucket.
type budget struct {
	rate, most, tokens float64
	at                 time.Time
}

func newBudget(now time.Time, rate, most float64) *budget {
	return &budget{rate: rate, most: most, tokens: most, at: now}
}

func (b *budget) spend(now time.Time, n float64) error {
	b.tokens = min(b.tokens+now.Sub(b.at).Seconds()*b.rate, b.most) - n
	b.at = now
	if b.tokens < 0 {
		return errFlood
	}
	return nil
}
