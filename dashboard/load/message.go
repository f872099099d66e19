package load

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// A Message is one message as it arrived.
type Message struct {
	ID  string // "<epoch>-<seq>", also the cursor to resume after; SSE's own id where there is one
	At  int64  // Unix milliseconds on the server's clock
	Gap bool   // messages before this one are lost
	// Raw is the message byte for byte, on all five techniques. It is valid until each returns: clone it to keep it.
	Raw []byte
	// Missed is how many messages between the one before and this never came. Only Follow counts, and only where the
	// ids tell: within one epoch, and without Every.
	Missed uint64
}

// parseMessage reads the envelope. A message without one is a message all the same, of which only Raw is known:
// what is inside is for the caller to judge.
func parseMessage(raw []byte) Message {
	m := Message{Raw: raw}
	if m.envelope(raw) {
		return m
	}
	var e struct {
		ID  string
		At  int64
		Gap bool
	}
	if json.Unmarshal(raw, &e) == nil {
		m.ID, m.At, m.Gap = e.ID, e.At, e.Gap
	}
	return m
}

// envelope reads the form in which our own server writes it, id, at, gap and then data, without looking at the data:
// a thousand viewers would otherwise spend their time parsing snapshots that nobody draws.
func (m *Message) envelope(raw []byte) bool {
	rest, ok := bytes.CutPrefix(raw, []byte(`{"id":"`))
	if !ok {
		return false
	}
	id, rest, ok := bytes.Cut(rest, []byte(`","at":`))
	if !ok || len(bytes.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-")) > 0 {
		return false
	}
	digits := bytes.IndexByte(rest, ',')
	if digits < 1 || digits > 18 || digits > 1 && rest[0] == '0' || !isDigits(rest[:digits]) {
		return false // 18 digits fit int64; JSON knows no leading zero (RFC 8259 §6)
	}
	at, rest := rest[:digits], rest[digits:]
	rest, gap := bytes.CutPrefix(rest, []byte(`,"gap":true`))
	if !bytes.HasPrefix(rest, []byte(`,"data":`)) {
		return false
	}
	m.ID, m.Gap = string(id), gap
	m.At, _ = strconv.ParseInt(string(at), 10, 64)
	return true
}

// isDigits says whether b is one ASCII digit or more and nothing else.
func isDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
