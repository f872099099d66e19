package hub

import (
	"strconv"
	"sync"
)

// A Message is a snapshot in its envelope. It is immutable and shared by every subscriber; nobody may write to JSON.
type Message struct {
	ID   Cursor
	At   int64  // Unix milliseconds
	Gap  bool   // it is sent to readers that lost those before it
	JSON []byte // {"id":"…","at":…,"data":{…}}: the same bytes on every transport

	data     []byte // the part of JSON that is the snapshot
	echoes   []string
	once     sync.Once
	afterGap *Message
}

func newMessage(id Cursor, at int64, data []byte, echoes []string, gap bool) *Message {
	b := make([]byte, 0, len(data)+80)
	b = append(b, `{"id":"`...)
	b = append(b, id.String()...)
	b = append(b, `","at":`...)
	b = strconv.AppendInt(b, at, 10)
	if gap {
		b = append(b, `,"gap":true`...)
	}
	for i, word := range echoes {
		if i == 0 {
			b = append(b, `,"echo":[`...)
		} else {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), word...), '"')
	}
	if len(echoes) > 0 {
		b = append(b, ']')
	}
	b = append(b, `,"data":`...)
	start := len(b)
	b = append(b, data...)
	end := len(b)
	b = append(b, '}')
	return &Message{ID: id, At: at, Gap: gap, JSON: b, data: b[start:end], echoes: echoes}
}

// AfterGap is the message as it is sent to a reader that lost those before it: the same with "gap":true in its
// envelope. It is built once, however many readers a restart leaves behind.
func (m *Message) AfterGap() *Message {
	m.once.Do(func() { m.afterGap = newMessage(m.ID, m.At, m.data, m.echoes, true) })
	return m.afterGap
}
