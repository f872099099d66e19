package wsframe

import (
	"encoding/base64"
	"slices"
	"strings"
)

// ValidKey judges the value of a request's Sec-WebSocket-Key: it must be 16 bytes in base64 (RFC 6455 section 4.2.1).
func ValidKey(line []byte) bool {
	var key [18]byte // what 24 digits may be at most
	if len(line) != base64.StdEncoding.EncodedLen(16) {
		return false
	}
	n, err := base64.StdEncoding.Decode(key[:], line)
	return err == nil && n == 16
}

// A Deflate is what a server answers to a viewer that offers to compress.
type Deflate struct {
	Accepted  bool   // false: no Sec-WebSocket-Extensions in the answer, and no frame may have RSV1
	Header    string // the value of Sec-WebSocket-Extensions in the answer
	NoContext bool   // the viewer keeps no context: every message to it must inflate by itself
}

// NegotiateDeflate answers the value of a request's Sec-WebSocket-Extensions (several such lines are one, joined by
// commas: RFC 6455 section 9.1) for a server that compresses each message once for all viewers, with the message before
// as the dictionary, in a window of 32 KB, and that keeps no context for what viewers send.
//
// The first offer of permessage-deflate that can be met is accepted (RFC 7692 section 7.1). client_no_context_takeover
// is always demanded, asked for or not. server_no_context_takeover is granted. server_max_window_bits is granted when it
// is 15 and a reason to look at the next offer when it is less. client_max_window_bits is only permission, and left out:
// any window can be inflated. An offer with a parameter that is unknown, there twice or of a wrong value is declined as
// a whole; a line that is not the grammar's is no offer at all.
func NegotiateDeflate(line string) Deflate {
	var answer Deflate
	s := scanner{line}
	for {
		s.space()
		if s.eat(',') { // the grammar's lists may have empty elements (RFC 9110 section 5.6.1.2)
			continue
		}
		if s.rest == "" {
			return answer
		}
		name := s.token()
		o := offer{met: name == "permessage-deflate"}
		if name == "" {
			return Deflate{}
		}
		for s.space(); s.eat(';'); s.space() {
			s.space()
			key, value, given := s.token(), "", false
			s.space()
			if key != "" && s.eat('=') {
				s.space()
				value, given = s.value(), true
			}
			if key == "" || given && value == "" {
				return Deflate{}
			}
			o.parameter(key, value, given)
		}
		if s.rest != "" && !s.eat(',') {
			return Deflate{}
		}
		if o.met && !answer.Accepted {
			answer = o.answer()
		}
	}
}

// An offer is one of permessage-deflate. met is false once a parameter has made that impossible.
type offer struct {
	met                                        bool
	clientNoContext, serverNoContext           bool
	clientMaxWindowBits, serverMaxWindowBits15 bool
}

func (o *offer) parameter(key, value string, given bool) {
	switch key {
	case "client_no_context_takeover":
		o.met = o.met && !o.clientNoContext && !given
		o.clientNoContext = true
	case "server_no_context_takeover":
		o.met = o.met && !o.serverNoContext && !given
		o.serverNoContext = true
	case "client_max_window_bits":
		o.met = o.met && !o.clientMaxWindowBits && (!given || windowBits(value))
		o.clientMaxWindowBits = true
	case "server_max_window_bits":
		o.met = o.met && !o.serverMaxWindowBits15 && value == "15"
		o.serverMaxWindowBits15 = true
	default:
		o.met = false
	}
}

// windowBits is RFC 7692 section 7.1.2: 8 to 15, in decimal, without leading zeros.
func windowBits(value string) bool {
	return value == "8" || value == "9" || len(value) == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5'
}

func (o *offer) answer() Deflate {
	line := "permessage-deflate; client_no_context_takeover"
	if o.serverNoContext {
		line += "; server_no_context_takeover"
	}
	if o.serverMaxWindowBits15 { // a limit that was asked for must be confirmed
		line += "; server_max_window_bits=15"
	}
	return Deflate{Accepted: true, Header: line, NoContext: o.serverNoContext}
}

// ChooseSubprotocol is the first in the value of a request's Sec-WebSocket-Protocol, which is in the viewer's order of
// preference, that is one of ours to the letter (RFC 6455 sections 1.9 and 4.1): the value of that line in the answer.
// "" is none, and then the answer has no such line.
func ChooseSubprotocol(line string, ours ...string) string {
	for name := range strings.SplitSeq(line, ",") {
		name = strings.Trim(name, " \t")
		if name != "" && slices.Contains(ours, name) {
			return name
		}
	}
	return ""
}

// A scanner takes a header line apart (RFC 9110 section 5.6). What it cannot read is "", and stays.
type scanner struct{ rest string }

func (s *scanner) space() { s.rest = strings.TrimLeft(s.rest, " \t") }

func (s *scanner) eat(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *scanner) token() string {
	n := 0
	for n < len(s.rest) && tokenByte(s.rest[n]) {
		n++
	}
	token := s.rest[:n]
	s.rest = s.rest[n:]
	return token
}

// value is a token, or one in quotes (RFC 6455 section 9.1): then backslashes are possible and pointless.
func (s *scanner) value() string {
	if !s.eat('"') {
		return s.token()
	}
	var value []byte
	for !s.eat('"') {
		s.eat('\\')
		if s.rest == "" || !tokenByte(s.rest[0]) {
			return ""
		}
		value = append(value, s.rest[0])
		s.rest = s.rest[1:]
	}
	return string(value)
}

func tokenByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
