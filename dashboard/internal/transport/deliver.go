package transport

import (
	"errors"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// errLeft ends a delivery when the viewer has gone.
var errLeft = errors.New("viewer left")

// outlet is how a held technique writes: each call is one frame, out at once or an error.
type outlet struct {
	message   func(*hub.Message) error
	heartbeat func() error
	// steady heartbeats come at their time whether messages come or not: a WebSocket's ping asks for an answer.
	steady bool
	// answers are frames that something else wants said, in between; nil for nobody. They go to reply.
	answers <-chan []byte
	reply   func([]byte) error
}

// deliver writes to a held connection what its subscription has, and heartbeats into the silence. It is the whole
// waiting of streaming, sse and websocket, apart from any socket. The ways out:
//
//  1. the viewer leaves (left is closed): errLeft, nothing more is written
//  2. a frame cannot be written: that error; the viewer sees its connection cut
//  3. the hub closes: hub.ErrClosed, after all that was published is written; the technique says goodbye
func deliver(sub *hub.Subscription, left <-chan struct{}, heartbeat time.Duration, out outlet) error {
	beat := time.NewTimer(heartbeat)
	defer beat.Stop()
	for {
		select { // a viewer that left is not written to, however much there is
		case <-left:
			return errLeft
		default:
		}
		m, err := sub.Next()
		if err != nil {
			return err
		}
		if m != nil {
			if err := out.message(m); err != nil {
				return err
			}
			if !out.steady {
				beat.Reset(heartbeat)
			}
			continue
		}
		select {
		case <-sub.Ready():
		case <-left:
			return errLeft
		case answer := <-out.answers:
			if err := out.reply(answer); err != nil {
				return err
			}
		case <-beat.C:
			if err := out.heartbeat(); err != nil {
				return err
			}
			beat.Reset(heartbeat)
		}
	}
}
