package wsframe

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"
)

// A log is what came of some bytes: one line for every call of each, then how it ended.
type log []string

func (l *log) add(op Opcode, payload []byte) {
	*l = append(*l, fmt.Sprintf("%#x %q", byte(op), payload))
}

// code is the close code with which it ended, "" where it goes on.
func (l log) code() string {
	if len(l) == 0 || strings.HasPrefix(l[len(l)-1], "0x") {
		return ""
	}
	return l[len(l)-1]
}

// read feeds b to a Reader in pieces of the given sizes, the last of which repeats.
func read(r *Reader, b []byte, sizes ...int) log {
	var l log
	var err error
	for i := 0; len(b) > 0; i++ {
		n := len(b)
		if len(sizes) > 0 {
			n = min(n, max(1, sizes[min(i, len(sizes)-1)]))
		}
		piece := append([]byte(nil), b[:n]...) // with nothing behind it, and garbage afterwards
		err = r.Feed(piece, func(op Opcode, payload []byte) error {
			l.add(op, payload)
			clear(payload)
			return nil
		})
		for i := range piece {
			piece[i] = 0xAA
		}
		b = b[n:]
	}
	var e *Error
	if errors.As(err, &e) {
		l = append(l, fmt.Sprint(e.Code))
	}
	return l
}

// reference does the same, slowly: it has all the bytes, and looks things up in the RFC's order.
func reference(b []byte, limit int, compressed bool) log {
	var l log
	var message []byte
	var kind string // of the fragmented message
	for len(b) > 0 {
		bits := fmt.Sprintf("%08b", b[0])
		fin, rsv, op := bits[0] == '1', bits[1:4], Opcode(b[0]%16)
		control := op >= 8
		if !strings.Contains(map[bool]string{true: "000 100", false: "000"}[compressed && !control && op != 0], rsv) {
			return append(l, "1002")
		}
		if !strings.ContainsRune("\x00\x01\x02\x08\x09\x0a", rune(op)) || control && !fin {
			return append(l, "1002")
		}
		if !control && (op == 0) != (kind != "") {
			return append(l, "1002")
		}
		if len(b) == 1 {
			return l
		}
		if b[1] < 128 {
			return append(l, "1002")
		}
		n, from, least := big.NewInt(int64(b[1]-128)), 2, big.NewInt(0)
		if control && n.Int64() > 125 {
			return append(l, "1002")
		}
		if n.Int64() > 125 {
			width := map[int64]int{126: 2, 127: 8}[n.Int64()]
			least = map[int64]*big.Int{126: big.NewInt(126), 127: big.NewInt(65536)}[n.Int64()]
			from += width
			if len(b) < from {
				return l
			}
			n.SetBytes(b[2:from])
		}
		if n.Cmp(least) < 0 || n.BitLen() > 63 {
			return append(l, "1002")
		}
		if !control && n.Cmp(big.NewInt(int64(limit-len(message)))) > 0 {
			return append(l, "1009")
		}
		if len(b) < from+4 {
			return l
		}
		key := b[from : from+4]
		b = b[from+4:]
		var payload []byte
		for len(payload) < int(n.Int64()) && len(b) > 0 {
			payload = append(payload, b[0]^key[len(payload)%4])
			b = b[1:]
		}
		incomplete := len(payload) < int(n.Int64())
		if control {
			if incomplete {
				return l
			}
			if op == Close {
				switch code := append([]byte(nil), payload...); {
				case len(code) == 0:
				case len(code) == 1:
					return append(l, "1002")
				default:
					c := int(code[0])*256 + int(code[1])
					if c < 1000 || c == 1004 || c == 1005 || c == 1006 || c > 1014 && c < 3000 || c >= 5000 {
						return append(l, "1002")
					}
					if strings.ToValidUTF8(string(code[2:]), "") != string(code[2:]) {
						return append(l, "1007")
					}
				}
			}
			l.add(op, payload)
			if op == Close {
				return l
			}
			continue
		}
		if kind == "" {
			kind = fmt.Sprint(op | Opcode(rsv[0]-'0')*Deflated)
		}
		message = append(message, payload...)
		done := fin && !incomplete
		if kind == "1" && !canBeText(message, done) {
			return append(l, "1007")
		}
		if done {
			var op Opcode
			fmt.Sscan(kind, &op)
			l.add(op, message)
			kind, message = "", nil
		}
	}
	return l
}

// canBeText reports whether something behind b can make it UTF-8: it tries.
func canBeText(b []byte, whole bool) bool {
	if utf8.Valid(b) || whole {
		return utf8.Valid(b)
	}
	for _, second := range []byte{0x80, 0x90, 0xA0} { // what the first byte asks for (RFC 3629 section 4)
		for more := b; len(more) < len(b)+3; {
			next := byte(0x80)
			if len(more) == len(b) {
				next = second
			}
			if more = append(more[:len(more):len(more)], next); utf8.Valid(more) {
				return true
			}
		}
	}
	return false
}
