// A WebSocket begins as a question like the others and then is no HTTP any more: messages come as frames with two to
// ten bytes around them, the same socket carries what the viewer says, and a code tells why it was closed.

package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/fasthttp/websocket"
)

// websocket reads one message a text frame, and answers pings while it does.
func (w *watch) websocket(ctx context.Context, after string) error {
	ws, err := w.dial(ctx, after)
	if err != nil {
		return err
	}
	defer ws.Close()
	ws.SetReadLimit(int64(w.max))
	ws.SetPingHandler(func(data string) error {
		w.beat()
		// A pong that cannot be sent is no news of its own: the read that follows says what is wrong.
		_ = ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
		return nil
	})
	defer context.AfterFunc(ctx, func() { ws.SetReadDeadline(time.Unix(1, 0)) })()
	var message bytes.Buffer
	for {
		message.Reset()
		kind, r, err := ws.NextReader()
		if err == nil {
			_, err = message.ReadFrom(r)
		}
		switch {
		case err != nil:
			if ctx.Err() != nil {
				goodbye(ws, websocket.CloseNormalClosure)
			}
			return closed(ctx, err)
		case kind != websocket.TextMessage:
			goodbye(ws, websocket.CloseUnsupportedData)
			return fmt.Errorf("%w: a binary frame", ErrFormat)
		case !utf8.Valid(message.Bytes()):
			goodbye(ws, websocket.CloseInvalidFramePayloadData) // as RFC 6455 §8.1 demands
			return fmt.Errorf("%w: a text frame that is no UTF-8", ErrFormat)
		}
		if err := w.deliver(ctx, parseMessage(message.Bytes())); err != nil {
			goodbye(ws, websocket.CloseNormalClosure)
			return err
		}
	}
}

// goodbye says why we go, so that the server need not take it for an accident, and does not wait for its answer.
func goodbye(ws *websocket.Conn, code int) {
	_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(100*time.Millisecond))
}

// closed says why there are no more frames.
func closed(ctx context.Context, err error) error {
	if err := over(ctx); err != nil {
		return err
	}
	var frame *websocket.CloseError
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return ErrTooLong
	case errors.As(err, &frame) && frame.Code == websocket.CloseAbnormalClosure:
		return fmt.Errorf("%w: %w", ErrCut, io.ErrUnexpectedEOF) // 1006 is never sent: it stands for the missing frame
	case frame != nil:
		return &CloseError{Code: frame.Code, Reason: frame.Text}
	}
	if err := lost(ctx, err); errors.Is(err, ErrCut) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrFormat, err)
}

// dial is the opening handshake (RFC 6455 §4.1), with the header and the refusals of the other four.
func (w *watch) dial(ctx context.Context, after string) (*websocket.Conn, error) {
	r, err := w.request(ctx, after, "")
	if err != nil {
		return nil, err
	}
	if user := r.URL.User; user != nil { // net/http makes a header of it by itself
		password, _ := user.Password()
		if r.Header.Get("Authorization") == "" {
			r.SetBasicAuth(user.Username(), password)
		}
		r.URL.User = nil
	}
	r.URL.Scheme = "ws" + r.URL.Scheme[len("http"):]

	dialer := w.dialer()
	// The library looks at the context until there is a connection; from there until the answer this does.
	unwatch := func() bool { return true }
	watched := func(dial dialFunc) dialFunc {
		return func(inner context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(inner, network, address)
			if err == nil {
				unwatch = context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		}
	}
	dialer.NetDialContext = watched(dialer.NetDialContext)
	if dialer.NetDialTLSContext != nil {
		dialer.NetDialTLSContext = watched(dialer.NetDialTLSContext)
	}
	ws, response, err := dialer.DialContext(ctx, r.URL.String(), r.Header)
	switch ended := !unwatch(); {
	case ended && err == nil:
		ws.Close()
		return nil, context.Cause(ctx)
	case err == nil:
		return ws, nil
	case over(ctx) != nil:
		return nil, over(ctx)
	case response == nil:
		return nil, lost(ctx, err)
	case response.StatusCode != http.StatusSwitchingProtocols:
		return nil, newStatusError(response)
	}
	return nil, fmt.Errorf("%w: %w", ErrFormat, err)
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// dialer goes the way of the Client's HTTP: the same proxy, the same connections, the same TLS.
func (w *watch) dialer() *websocket.Dialer {
	way, ok := w.http.Transport.(*http.Transport)
	if !ok {
		way = newTransport()
	}
	d := &websocket.Dialer{
		NetDialContext:    way.DialContext,
		NetDialTLSContext: way.DialTLSContext,
		Proxy:             way.Proxy,
		HandshakeTimeout:  patience,
		Jar:               w.http.Jar,
		ReadBufferSize:    1024, // longer frames come in pieces
		WriteBufferSize:   256,  // we write control frames only
	}
	if d.NetDialContext == nil {
		d.NetDialContext = new(net.Dialer).DialContext
	}
	if way.TLSClientConfig != nil {
		d.TLSClientConfig = way.TLSClientConfig.Clone()
		// net/http may have put HTTP/2 here, which knows no Upgrade (RFC 9113 §8.6).
		d.TLSClientConfig.NextProtos = []string{"http/1.1"}
	}
	return d
}
