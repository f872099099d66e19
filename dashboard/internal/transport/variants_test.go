package transport

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// Whatever a message's strings hold, between script tags and in JavaScript it is the same JSON and nothing else.
func FuzzAppendForScript(f *testing.F) {
	for _, seed := range []string{
		`{"a":1}`, `"</script><script>alert(1)//"`, `"<!--<script>"`, "\"\u2028 \u2029 \u202a \u2027\"", `"\u2028\\"`, `["<","<<"]`, "\xe2", "\xe2\x80", "\"\xe2\x80", "<", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		got := appendForScript([]byte("x"), data)[1:]
		if !bytes.Equal(data, before) {
			t.Fatal("the message was changed, and it is shared")
		}
		if bytes.ContainsAny(got, "<") || bytes.Contains(got, []byte("\u2028")) || bytes.Contains(got, []byte("\u2029")) {
			t.Errorf("got %q", got)
		}
		var want, is any
		if json.Unmarshal(data, &want) != nil {
			return
		}
		if err := json.Unmarshal(got, &is); err != nil || !reflect.DeepEqual(is, want) {
			t.Errorf("got %q, %v; want %q", got, err, data)
		}
	})
}

// The script in the frame's document has the response's nonce, once, and the document is whole before the first message.
func TestPreamble(t *testing.T) {
	text := string(appendPreamble(nil, "R4ND0M"))
	if strings.Count(text, `nonce="R4ND0M"`) != 1 || strings.Contains(text, "NONCE") || strings.Count(text, "<script") != 1 || !strings.HasSuffix(text, "</script>\n") {
		t.Errorf("got %s", text)
	}
}
