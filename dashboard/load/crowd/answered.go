package crowd

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/fivewire/fivewire/dashboard/load/wire"
)

// answered judges the head of an answer.
func (v *viewer) answered(h *wire.Head, arrival int64) action {
	c := v.c
	poll := c.Technique == "polling" || c.Technique == "longpolling"
	kind := ""
	switch ok := h.Status == 200; {
	case c.Technique == "websocket" && h.Status != 101, poll && !ok && h.Status != 204 && h.Status != 304 && h.Status != 408, !poll && c.Technique != "websocket" && !ok:
		kind = "answer " + strconv.Itoa(h.Status) + c.target.hint(h)
	case c.Technique == "websocket" && string(h.Accept) != c.target.accept:
		kind = "a wrong Sec-WebSocket-Accept"
	case c.Technique == "websocket" && len(h.Extensions) > 0:
		kind = fmt.Sprintf("extension %.60q, which is not read here (hint: no Sec-WebSocket-Extensions)", h.Extensions)
	case ok && !readable(c.Technique, h.Type):
		kind = fmt.Sprintf("not the content type of %s: %.60q", c.Technique, h.Type)
	case ok && len(h.Encoding) > 0 && !bytes.EqualFold(h.Encoding, []byte("identity")):
		kind = fmt.Sprintf("content encoding %.60q, which is not read here (hint: no Accept-Encoding)", h.Encoding)
	}
	if kind != "" {
		if wait, err := strconv.Atoi(string(h.RetryAfter)); err == nil { // RFC 9110 §10.2.3; a date is for others
			v.retry = int32(min(max(wait, 0), int(longestPause/time.Second)) * 1000)
		}
		return v.turnedAway(kind)
	}
	v.told()
	if v.since == 0 {
		v.since = arrival
	}
	if v.cutAt == 0 && c.CutEvery > 0 && !v.slow {
		v.cutAt = c.now() + int64(c.CutEvery)
	}
	if !v.in {
		v.in = true
		c.tally.connected++
	}
	v.tries, v.retry = 0, 0
	if v.slow {
		c.tally.slowHeld++
		v.phase = deaf
		v.wake(0)
		return deafen
	}
	if poll {
		v.phase, v.news, v.again, v.closing = reading, false, false, h.Close
		if len(h.ETag) > 0 || len(h.Modified) > 0 {
			v.keep(h)
		}
		v.arm(holdPatience)
	} else {
		v.phase = holding
		v.arm(0)
	}
	v.body = wire.NewBody(h)
	if h.Status == 408 { // a poll's end without news: what the body says is for people
		v.parser = nil
	} else if v.parser == nil {
		v.parser = wire.New(c.Technique)
	} else if a, is := v.parser.(*wire.Answer); is {
		a.Reset()
	}
	return nothing
}

// readable tells whether a content type may be the technique's. What frames messages in another way would be counted by its lines, or
// not at all.
func readable(technique string, header []byte) bool {
	media, _, _ := bytes.Cut(header, []byte{';'})
	media = bytes.TrimSpace(media)
	is := func(name string) bool {
		return len(media) >= len(name) && bytes.EqualFold(media[:len(name)], []byte(name))
	}
	events := is("text/event-stream") && len(media) == len("text/event-stream")
	switch technique {
	case "sse":
		return events
	case "websocket":
		return true
	}
	return !events && !is("text/html") && !is("multipart/")
}

// keep remembers what a poll's answer says of itself. All viewers have the same, one after the other: one string serves.
func (v *viewer) keep(h *wire.Head) {
	p := &v.c.tally.place
	if p.etag != string(h.ETag) {
		p.etag = string(h.ETag)
	}
	if p.modified != string(h.Modified) {
		p.modified = string(h.Modified)
	}
	v.place.etag, v.place.modified = p.etag, p.modified
}
