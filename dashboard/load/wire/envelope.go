package wire

import "bytes"

// An Envelope is what a message tells of itself before its data.
type Envelope struct {
	ID  []byte // "<epoch>-<seq>"
	At  int64  // Unix milliseconds
	Gap bool   // messages before this one are lost
}

const opening = `{"id":"`

// FindEnvelope looks for {"id":"…","at":… in the first bytes of a message, at its beginning or inside what another
// server has put around it. The data that follows is not read.
func FindEnvelope(head []byte) (Envelope, bool) {
	for {
		i := bytes.Index(head, []byte(opening))
		if i < 0 {
			return Envelope{}, false
		}
		head = head[i:]
		if e, _, is := matchEnvelope(head, false); is == yes {
			return e, true
		}
		head = head[1:]
	}
}

// SplitID takes "<epoch>-<seq>" apart. Ids of other servers are none of this form, and then there is nothing to count.
func SplitID(id string) (epoch string, seq uint64, ok bool) {
	for i := range len(id) {
		if id[i] != '-' {
			continue
		}
		digits := id[i+1:]
		if i == 0 || len(digits) == 0 || len(digits) > 18 || len(digits) > 1 && digits[0] == '0' {
			return "", 0, false
		}
		for _, c := range []byte(digits) {
			if c < '0' || c > '9' {
				return "", 0, false
			}
			seq = seq*10 + uint64(c-'0')
		}
		return id[:i], seq, true
	}
	return "", 0, false
}

type answer uint8

const (
	no answer = iota
	maybe
	yes
)

// matchEnvelope says whether b begins with an envelope, and how long it is; a whole one ends where its data begins, or the
// words that it echoes, which may be long. maybe is an answer only for less than MaxHead bytes: no envelope is longer.
func matchEnvelope(b []byte, whole bool) (e Envelope, n int, is answer) {
	rest, is := literal(b, opening)
	if is != yes {
		return e, 0, is
	}
	i := 0
	for ; i < len(rest) && i <= 64 && idByte(rest[i]); i++ {
	}
	e.ID, rest = rest[:i], rest[i:]
	if i == 0 && len(rest) > 0 || i > 64 {
		return e, 0, no
	}
	if rest, is = literal(rest, `","at":`); is != yes {
		return e, 0, is
	}
	for i = 0; i < len(rest) && i < 18 && '0' <= rest[i] && rest[i] <= '9'; i++ {
		e.At = e.At*10 + int64(rest[i]-'0')
	}
	if i == 0 && len(rest) > 0 || i > 1 && rest[0] == '0' { // RFC 8259 §6
		return e, 0, no
	}
	rest = rest[i:]
	if after, is := literal(rest, `,"gap":true`); is == yes {
		e.Gap, rest = true, after
	}
	if !whole && len(rest) > 0 && (rest[0] == ',' || rest[0] == '}') {
		return e, len(b) - len(rest), yes
	}
	// What follows may end in the middle, and all of it begins alike.
	result := no
	for _, next := range [...]string{`,"data":`, `,"echo":[`, `,"gap":true`} {
		if next == `,"gap":true` && e.Gap {
			break
		}
		after, is := literal(rest, next)
		if is == yes {
			return e, len(b) - len(after), yes
		}
		result = max(result, is)
	}
	return e, 0, result
}

// literal takes text from the beginning of b; maybe means that b ends within it.
func literal(b []byte, text string) (rest []byte, is answer) {
	if len(b) >= len(text) {
		if string(b[:len(text)]) == text {
			return b[len(text):], yes
		}
		return b, no
	}
	if string(b) == text[:len(b)] {
		return nil, maybe
	}
	return b, no
}

func idByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-'
}
