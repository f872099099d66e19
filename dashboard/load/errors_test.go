package load

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestStatusError(t *testing.T) {
	tests := []struct {
		name, media, body string
		status            int
		want              string
	}{
		{name: "problem", status: 401, media: "application/problem+json; charset=utf-8", body: `{"title":"no key","detail":"send Authorization: Bearer KEY"}`,
			want: "401 Unauthorized: no key: send Authorization: Bearer KEY"},
		{name: "title is the status", status: 404, media: "application/problem+json", body: `{"title":"Not Found"}`, want: "404 Not Found"},
		{name: "wrong types", status: 400, media: "application/problem+json", body: `{"title":7,"allowed":"x","detail":"bad cursor"}`, want: "400 Bad Request: bad cursor"},
		{name: "no JSON", status: 400, media: "application/problem+json", body: `{"title"`, want: "400 Bad Request"},
		{name: "text", status: 502, media: "text/plain", body: "upstream\n is   gone" + strings.Repeat(".", 1000),
			want: "502 Bad Gateway: upstream is gone" + strings.Repeat(".", 181)},
		{name: "page", status: 502, media: "text/html", body: "<html>", want: "502 Bad Gateway"},
		{name: "no word for it", status: 599, want: "599"},
	}
	for _, tt := range tests {
		r := &http.Response{StatusCode: tt.status, Header: http.Header{"Content-Type": {tt.media}}, Body: io.NopCloser(strings.NewReader(tt.body))}
		if got := newStatusError(r).Error(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"7":                             7 * time.Second,
		"-7":                            0,
		"7s":                            0,
		"soon":                          0,
		"86401":                         24 * time.Hour,
		"99999999999999999999":          24 * time.Hour,
		"Fri, 20 Nov 2026 12:00:30 GMT": 30 * time.Second,
		"Fri, 20 Nov 2026 11:00:00 GMT": 0,
		"Sat, 20 Nov 2027 12:00:00 GMT": 24 * time.Hour,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}

func TestCloseError(t *testing.T) {
	for code, ended := range map[int]bool{1000: true, 1001: true, 1005: true, 1012: true, 1008: false, 1011: false, 1013: false, 4000: false} {
		if err := error(&CloseError{Code: code}); errors.Is(err, ErrEnded) != ended || errors.Is(err, ErrCut) {
			t.Errorf("%d: got ended %t, want %t", code, !ended, ended)
		}
	}
	if got, want := (&CloseError{1013, "too many"}).Error(), `websocket closed: 1013 "too many"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
