package hub

import "encoding/binary"

// A message is much like the one before it: the same names in the same order, and here and there another number. A
// difference is a text told from another one, its base: pieces of text of its own, each followed by a piece of the
// base.
//
//	own length, own bytes, length of the piece, how much further on in the base than expected it is; and so on
//
// All numbers are varints. The piece is expected where the one before it has ended, further on by the length of the own
// bytes: so a number that has another value and as many digits costs one byte beside itself.

// gram is the shortest piece of the base worth telling: to tell one takes three bytes, mostly.
const gram = 8

// An index finds pieces of a base. It has the last place of each hash.
type index struct {
	places [1 << 12]int32 // one further on: 0 is none
}

func (x *index) build(base []byte) {
	clear(x.places[:])
	for i := 0; i+gram <= len(base); i++ {
		x.places[hash(base[i:])] = int32(i) + 1
	}
}

// find is a place in the base that begins as text does; -1 when none is known.
func (x *index) find(base, text []byte) int {
	at := int(x.places[hash(text)]) - 1
	if at >= 0 && isSame(base[at:], text) {
		return at
	}
	return -1
}

func hash(b []byte) uint64 { return binary.LittleEndian.Uint64(b) * 0x9e3779b97f4a7c15 >> 52 }

// isSame is of the first bytes of two texts that have so many.
func isSame(a, b []byte) bool {
	return binary.LittleEndian.Uint64(a) == binary.LittleEndian.Uint64(b)
}

// appendDifference appends to dst what text is beside base, which x is an index of.
func appendDifference(dst, base, text []byte, x *index) []byte {
	own, next := 0, 0 // where the own bytes begin, and where in base what follows them is expected
	for i := 0; i+gram <= len(text); {
		at := next + i - own
		if at+gram > len(base) || !isSame(base[at:], text[i:]) {
			if at = x.find(base, text[i:]); at < 0 {
				i++
				continue
			}
		}
		for i > own && at > 0 && base[at-1] == text[i-1] {
			i, at = i-1, at-1
		}
		n := gram
		for i+n+gram <= len(text) && at+n+gram <= len(base) && isSame(base[at+n:], text[i+n:]) {
			n += gram
		}
		for i+n < len(text) && at+n < len(base) && base[at+n] == text[i+n] {
			n++
		}
		dst = appendOwn(dst, text[own:i])
		dst = binary.AppendUvarint(dst, uint64(n))
		dst = binary.AppendVarint(dst, int64(at-(next+i-own)))
		i += n
		own, next = i, at+n
	}
	return appendOwn(dst, text[own:])
}

func appendOwn(dst, own []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(own))), own...)
}

// appendText appends the text that difference was made of with the same base.
func appendText(dst, base, difference []byte) []byte {
	next := 0
	for {
		own, n := binary.Uvarint(difference)
		difference = difference[n:]
		dst = append(dst, difference[:own]...)
		if difference = difference[own:]; len(difference) == 0 {
			return dst
		}
		length, n := binary.Uvarint(difference)
		further, m := binary.Varint(difference[n:])
		difference = difference[n+m:]
		next += int(own) + int(further)
		dst = append(dst, base[next:next+int(length)]...)
		next += int(length)
	}
}
