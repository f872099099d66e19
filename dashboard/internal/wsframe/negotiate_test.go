package wsframe

import (
	"strings"
	"testing"
)

func TestValidKey(t *testing.T) {
	for key, want := range map[string]bool{
		"dGhlIHNhbXBsZSBub25jZQ==":  true,
		"AAAAAAAAAAAAAAAAAAAAAA==":  true,
		"":                          false,
		"x":                         false,
		"dGhlIHNhbXBsZSBub25jZQ":    false,
		"dGhlIHNhbXBsZSBub25jZTE=":  false, // 17 bytes
		"dGhlIHNhbXBsZSBub25jZTEy":  false, // 18
		"dGhlIHNhbXBsZSBub25j-Q==":  false, // another alphabet
		"dGhlIHNhbXBsZSBub25jZQ== ": false,
	} {
		if got := ValidKey([]byte(key)); got != want {
			t.Errorf("%q: got %v, want %v", key, got, want)
		}
	}
}

func TestNegotiateDeflate(t *testing.T) {
	const (
		none    = ""
		plain   = "permessage-deflate; client_no_context_takeover"
		alone   = plain + "; server_no_context_takeover"
		window  = plain + "; server_max_window_bits=15"
		both    = alone + "; server_max_window_bits=15"
		offered = "permessage-deflate"
	)
	tests := []struct{ line, want string }{
		{"", none},
		{offered, plain},
		{"permessage-deflate; client_max_window_bits", plain}, // what Chromium and Firefox send
		{"permessage-deflate; client_max_window_bits=15", plain},
		{"permessage-deflate; client_max_window_bits=8", plain},
		{"permessage-deflate; client_no_context_takeover", plain},
		{"permessage-deflate; server_no_context_takeover", alone},
		{"permessage-deflate; server_no_context_takeover; client_no_context_takeover", alone},
		{"permessage-deflate; server_max_window_bits=15", window},
		{`permessage-deflate; server_max_window_bits="15"`, window},
		{`permessage-deflate; server_max_window_bits="1\5"`, window},
		{"permessage-deflate; server_max_window_bits=15; server_no_context_takeover; client_max_window_bits=9", both},
		{"  permessage-deflate\t;client_max_window_bits ; server_no_context_takeover ", alone},
		{"permessage-deflate ; client_max_window_bits = 15", plain},
		{",, permessage-deflate ,", plain},

		// The next offer is tried.
		{"permessage-deflate; server_max_window_bits=10, permessage-deflate", plain},
		{"permessage-deflate; server_max_window_bits=14; server_no_context_takeover, permessage-deflate; client_max_window_bits", plain},
		{"permessage-deflate; server_max_window_bits=8,permessage-deflate; server_max_window_bits=15; server_no_context_takeover", both},
		{"permessage-deflate, permessage-deflate; server_no_context_takeover", plain}, // the first, not the best
		{"permessage-deflate; server_no_context_takeover, permessage-deflate", alone},
		{"x-webkit-deflate-frame, bbf-usp-protocol; a=1; b=\"c\", permessage-deflate", plain},

		// Declined as a whole.
		{"permessage-deflate; server_max_window_bits=10", none},
		{"permessage-deflate; server_max_window_bits", none},
		{"permessage-deflate; server_max_window_bits=16", none},
		{"permessage-deflate; server_max_window_bits=015", none},
		{"permessage-deflate; server_max_window_bits=15; server_max_window_bits=15", none},
		{"permessage-deflate; client_max_window_bits=7", none},
		{"permessage-deflate; client_max_window_bits=16", none},
		{"permessage-deflate; client_max_window_bits=1", none},
		{"permessage-deflate; client_max_window_bits=08", none},
		{"permessage-deflate; client_max_window_bits=25", none},
		{"permessage-deflate; client_max_window_bits=1x", none},
		{"permessage-deflate; client_max_window_bits; client_max_window_bits", none},
		{"permessage-deflate; client_no_context_takeover=1", none},
		{"permessage-deflate; client_no_context_takeover; client_no_context_takeover", none},
		{"permessage-deflate; server_no_context_takeover=true", none},
		{"permessage-deflate; server_no_context_takeover; server_no_context_takeover", none},
		{"permessage-deflate; something", none},
		{"permessage-deflate; something; server_no_context_takeover", none},
		{"permessage-deflate; Server_No_Context_Takeover", none},
		{"Permessage-Deflate", none},
		{"permessage-deflate2", none},
		{"permessage-brotli", none},
		{"permessage-deflate; something, permessage-deflate; server_no_context_takeover", alone},

		// Not the grammar's: no part of it is an offer.
		{"permessage-deflate;", none},
		{"permessage-deflate; ;client_max_window_bits", none},
		{"permessage-deflate; client_max_window_bits=", none},
		{"permessage-deflate; =15", none},
		{"permessage-deflate client_max_window_bits", none},
		{"permessage-deflate, foo bar", none},
		{"permessage-deflate, ;", none},
		{"permessage-deflate, foo;", none},
		{"permessage-deflate, foo; a=", none},
		{"permessage-deflate, (", none},
		{"foo; a=\"b, permessage-deflate", none},
		{`permessage-deflate; client_max_window_bits="15`, none},
		{`permessage-deflate; client_max_window_bits="`, none},
		{`permessage-deflate; client_max_window_bits="15\`, none},
		{`permessage-deflate; client_max_window_bits=""`, none},
		{`foo; a="b c", permessage-deflate`, none},
		{`foo; a="b,c", permessage-deflate`, none},
		{"permessage-deflate\x00", none},
		{"permessage-deflate; clïent", none},
	}
	for _, test := range tests {
		want := Deflate{test.want != none, test.want, test.want == alone || test.want == both}
		if got := NegotiateDeflate(test.line); got != want {
			t.Errorf("%q:\ngot  %+v\nwant %+v", test.line, got, want)
		}
	}
}

func FuzzNegotiateDeflate(f *testing.F) {
	f.Add(`permessage-deflate; server_max_window_bits="10", permessage-deflate; client_max_window_bits`)
	f.Add(`a;b="\c";d=e,,`)
	f.Fuzz(func(t *testing.T, line string) {
		got := NegotiateDeflate(line)
		switch {
		case got.Accepted != (got.Header != ""), got.NoContext && !got.Accepted:
			t.Fatalf("%+v", got)
		case !got.Accepted:
			return
		case !strings.Contains(line, "permessage-deflate"):
			t.Fatalf("nobody offered %+v", got)
		case got.NoContext && !strings.Contains(line, "server_no_context_takeover"):
			t.Fatalf("nobody asked for %+v", got)
		}
		// The answer, offered, is answered with itself; and an offer before this one that is declined changes nothing.
		if again := NegotiateDeflate(got.Header); again != got {
			t.Fatalf("got %+v, and then %+v", got, again)
		}
		if again := NegotiateDeflate("permessage-deflate; server_max_window_bits=9, " + line); again != got {
			t.Fatalf("got %+v, behind another offer %+v", got, again)
		}
	})
}

func TestChooseSubprotocol(t *testing.T) {
	tests := []struct{ line, want string }{
		{"", ""},
		{"v1.cbor", "v1.cbor"},
		{"v1.json, v1.cbor", "v1.json"},
		{"v1.cbor,v1.json", "v1.cbor"},
		{"graphql-ws ,\tv1.json ", "v1.json"},
		{"V1.JSON", ""},
		{"v1.json2", ""},
		{"v1.js", ""},
		{"v1.json v1.cbor", ""},
		{",,", ""},
		{" , v1.cbor", "v1.cbor"},
	}
	for _, test := range tests {
		if got := ChooseSubprotocol(test.line, "v1.json", "v1.cbor", ""); got != test.want {
			t.Errorf("%q: got %q, want %q", test.line, got, test.want)
		}
	}
}
