package dashboard

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/load"
)

// shaking is a handshake of a WebSocket, as header fields.
var shaking = []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}

// With as many viewers as may be, whatever holds a connection is told so, and polling goes on; when one leaves there is
// room again.
func TestMaxViewers(t *testing.T) {
	t.Parallel()
	for _, technique := range []string{"streaming", "sse", "websocket"} {
		t.Run(technique, func(t *testing.T) {
			s := open(t, Config{MaxViewers: 2}, "")
			s.publish(1)
			ctx, leave := context.WithCancel(t.Context())
			ended := make(chan error, 2)
			for _, viewer := range []string{"ann", ""} {
				c := s.client(technique)
				c.Viewer = viewer
				go func() { ended <- c.Watch(ctx, "", func(load.Message) error { return nil }) }()
			}
			full := func() bool {
				_, body, _ := s.get("api/v1/config")
				return strings.Contains(body, `"full":true`)
			}
			eventually(t, "there is no room", full)
			for _, path := range []string{"longpolling", "streaming", "streaming?as=iframe", "sse", "websocket"} {
				status, body, header := s.get("api/v1/"+path, shaking...)
				if status != 503 || header.Get("Retry-After") == "" || !strings.Contains(body, "2 viewers hold") || !strings.Contains(body, `"allowed":["polling"]`) {
					t.Errorf("%s: got %d %s %v", path, status, body, header)
				}
			}
			if status, body, _ := s.get("watch"); status != 503 {
				t.Errorf("watch: got %d %s", status, body)
			}
			if status, body, _ := s.get("api/v1/polling"); status != 200 {
				t.Errorf("polling: got %d %s", status, body)
			}
			leave()
			<-ended
			<-ended
			eventually(t, "there is room again", func() bool { return !full() })
			if status, body, _ := s.get("api/v1/longpolling"); status != 200 {
				t.Errorf("long polling, when there is room: got %d %s", status, body)
			}
		})
	}
}

// A long poll that waits takes a place, on a connection that asks again and again too, and gives it back.
func TestMaxViewersLongPolling(t *testing.T) {
	t.Parallel()
	s := open(t, Config{MaxViewers: 1}, "")
	s.publish(1)
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	c := s.client("longpolling")
	c.Wait = time.Minute
	go func() { ended <- c.Watch(ctx, "", func(load.Message) error { return nil }) }()
	eventually(t, "the place is taken", s.room.Full) // by the second question, on the first one's connection
	if status, body, _ := s.get("api/v1/longpolling"); status != 503 {
		t.Errorf("who comes then: got %d %s", status, body)
	}
	leave()
	<-ended
	eventually(t, "the place is given back", func() bool { return !s.room.Full() })
	if status, body, _ := s.get("api/v1/longpolling"); status != 200 {
		t.Errorf("who comes afterwards: got %d %s", status, body)
	}
}
