package redact

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHead(t *testing.T) {
	for _, test := range []struct{ name, head, want string }{
		{"nothing", "GET /api/v1/sse?after=e-1&viewer=me HTTP/1.1\r\nHost: h:1\r\nAccept: */*\r\n\r\n", ""},
		{"response", "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 3\r\n\r\n", ""},
		{"cookie", "GET / HTTP/1.1\r\nCookie: a=b; c=d\r\n\r\n", "GET / HTTP/1.1\r\nCookie: **** ***\r\n\r\n"},
		{"any-case", "GET / HTTP/1.1\r\nAUTHORIZATION: Bearer x\r\n\r\n", "GET / HTTP/1.1\r\nAUTHORIZATION: ****** *\r\n\r\n"},
		{"set-cookie", "HTTP/1.1 200 OK\r\nSet-Cookie: s=1; HttpOnly\r\n\r\n", "HTTP/1.1 200 OK\r\nSet-Cookie: **** ********\r\n\r\n"},
		{"never-heard-of", "GET / HTTP/1.1\r\nX-Api-Token: t\r\nX-Forwarded-Access-Token: u\r\n\r\n", "GET / HTTP/1.1\r\nX-Api-Token: *\r\nX-Forwarded-Access-Token: *\r\n\r\n"},
		{"key-in-url", "GET /x?k=key&after=e-1&token=t HTTP/1.1\r\n\r\n", "GET /x?k=***&after=e-1&token=* HTTP/1.1\r\n\r\n"},
		{"key-alone-in-url", "GET /x?secret HTTP/1.1\r\n\r\n", "GET /x?****** HTTP/1.1\r\n\r\n"},
		{"credentials-in-url", "GET /x HTTP/1.1\r\nReferer: http://u:p@h/y?k=key#k=key\r\n\r\n", "GET /x HTTP/1.1\r\nReferer: http://***@h/y?k=***#*****\r\n\r\n"},
		{"fragment", "GET /x HTTP/1.1\r\nReferer: http://h/#k=key\r\n\r\n", "GET /x HTTP/1.1\r\nReferer: http://h/#*****\r\n\r\n"},
		{"token-as-subprotocol", "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: fivewire.cbor, bearer.abc\r\n\r\n", "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: fivewire.cbor, **********\r\n\r\n"},
		{"folded", "GET / HTTP/1.1\r\nCookie: a=b;\r\n c=d\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nCookie: ****\r\n ***\r\nHost: h\r\n\r\n"},
		{"blank-before-colon", "GET / HTTP/1.1\r\nCookie : a\r\n\r\n", "GET / HTTP/1.1\r\nCookie : *\r\n\r\n"},
		{"bare-line-feeds", "GET / HTTP/1.1\nCookie: a\nHost: h\n\n", "GET / HTTP/1.1\nCookie: *\nHost: h\n\n"},
		{"cut-in-the-middle", "GET / HTTP/1.1\r\nCookie: a=", "GET / HTTP/1.1\r\nCookie: **"},
		{"cut-in-the-url", "GET /x?k=ke", "GET /x?k=**"},
		{"no-field", "GET / HTTP/1.1\r\nsecret\r\n\r\n", "GET / HTTP/1.1\r\n******\r\n\r\n"},
		{"empty", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			if want == "" {
				want = test.head
			}
			head := []byte(test.head)
			if blotted := Head(head); string(head) != want || blotted != (want != test.head) {
				t.Errorf("got %q, %v, want %q", head, blotted, want)
			}
		})
	}
}

// No value of a field that is not on the list is left, whatever is around it; lengths and line ends are as they were.
func FuzzHead(f *testing.F) {
	f.Add("GET /x?k=key HTTP/1.1\r\nHost: h\r\n", "Cookie", "\r\n\r\n")
	f.Add("HTTP/1.1 200 OK\r\n", "Set-Cookie", "\n folded")
	f.Add("\r\n", "x", "?")
	f.Fuzz(func(t *testing.T, before, name, behind string) {
		const secret = "SeCrEt7Zq"
		name = strings.Map(func(r rune) rune {
			if r <= ' ' || r == ':' || r >= utf8.RuneSelf {
				return 'x'
			}
			return r
		}, name)
		head := []byte(before + "\n" + name + "-Key: " + secret + "\r\n" + behind)
		whole := bytes.Clone(head)
		blotted := Head(head)
		if len(head) != len(whole) || bytes.Count(head, []byte("\n")) != bytes.Count(whole, []byte("\n")) {
			t.Errorf("%q has become %q", whole, head)
		}
		if blotted == bytes.Equal(head, whole) {
			t.Errorf("%q has become %q, and it says %v", whole, head, blotted)
		}
		harmless := strings.EqualFold(name, "sec-websocket")
		if !harmless && !strings.Contains(before, secret) && !strings.Contains(behind, secret) && bytes.Contains(head, []byte(secret)) {
			t.Errorf("%q is left in %q", secret, head)
		}
	})
}
