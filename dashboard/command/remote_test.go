package command

import (
	"net/http"
	"net/url"
	"testing"
)

// The key goes where it was sent to, and never from TLS to where everybody can read it.
func TestSameHost(t *testing.T) {
	for next, want := range map[string]bool{
		"https://mon.example/monitor/api/v1/marks": true,
		"https://evil.example/":                    false,
		"https://mon.example:8443/":                false,
		"https://sub.mon.example/":                 false,
		"http://mon.example/":                      false,
	} {
		to, err := url.Parse(next)
		if err != nil {
			t.Fatal(err)
		}
		first := &http.Request{URL: &url.URL{Scheme: "https", Host: "mon.example", Path: "/"}}
		if got := sameHost(&http.Request{URL: to}, []*http.Request{first}) == nil; got != want {
			t.Errorf("%s: got %v, want %v", next, got, want)
		}
	}
}
