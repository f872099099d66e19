package load

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseMessage(t *testing.T) {
	tests := []struct {
		raw  string
		want Message
	}{
		{raw: `{"id":"k3-7","at":12,"data":{}}`, want: Message{ID: "k3-7", At: 12}},
		{raw: `{"id":"k3-7","at":12,"gap":true,"data":{}}`, want: Message{ID: "k3-7", At: 12, Gap: true}},
		{raw: `{"id":"k3-7","at":0,"data":{"gap":true,"id":"x"}}`, want: Message{ID: "k3-7"}},
		{raw: `{"id":"k3-7","at":12,"more":[],"gap":true,"data":{}}`, want: Message{ID: "k3-7", At: 12, Gap: true}},
		{raw: ` { "data": {"at": 1}, "gap": true, "at": 12, "id": "k3-7" }`, want: Message{ID: "k3-7", At: 12, Gap: true}},
		{raw: `{"id":"\u0061-7","at":12,"data":{}}`, want: Message{ID: "a-7", At: 12}},
		{raw: `{"id":"K/ä","at":-12,"data":{}}`, want: Message{ID: "K/ä", At: -12}},
		{raw: `{"id":"k3-7","at":012,"data":{}}`},
		{raw: `{"id":"k3-7","at":1.5,"data":{}}`},
		{raw: `{"id":"k3-7","at":99999999999999999999,"data":{}}`},
		{raw: `{"id":"k3-7","at":,"data":{}}`},
		{raw: `{"id":7}`},
		{raw: `[1]`},
		{raw: `hello`},
		{raw: ``},
	}
	for _, tt := range tests {
		got := parseMessage([]byte(tt.raw))
		if string(got.Raw) != tt.raw || got.ID != tt.want.ID || got.At != tt.want.At || got.Gap != tt.want.Gap {
			t.Errorf("%s: got %+v, want %+v", tt.raw, got, tt.want)
		}
	}
}

// FuzzMessage: nothing panics, and of an envelope as our server writes it the short way reads what encoding/json reads.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"id":"k3-7","at":12,"data":{}}`), "k3f9a1-1", int64(1763638612345), true, []byte(`{"gap":true}`))
	f.Add([]byte(`{"id":"`), "", int64(-1), false, []byte(`"},"id":"x"`))
	f.Fuzz(func(t *testing.T, raw []byte, id string, at int64, gap bool, data []byte) {
		parseMessage(raw)
		if !json.Valid(data) || !utf8.ValidString(id) {
			return
		}
		raw, err := json.Marshal(struct {
			ID   string          `json:"id"`
			At   int64           `json:"at"`
			Gap  bool            `json:"gap,omitempty"`
			Data json.RawMessage `json:"data"`
		}{id, at, gap, data})
		if err != nil {
			t.Skip(err)
		}
		got := parseMessage(raw)
		if got.ID != id || got.At != at || got.Gap != gap {
			t.Errorf("%s: got %+v, want %s %d %t", raw, got, id, at, gap)
		}
	})
}

func BenchmarkParseMessage(b *testing.B) {
	raw := []byte(`{"id":"k3f9a1-1042","at":1763638612345,"data":{"x":"` + strings.Repeat("x", 10_000) + `"}}`)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		parseMessage(raw)
	}
}
