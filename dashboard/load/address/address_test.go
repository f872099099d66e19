package address

import (
	"net/url"
	"testing"
)

func TestQuery(t *testing.T) {
	const query = "range=1h&compress=off&tenant=a%26b&theme=dark&every=1s&_=1"
	u, err := url.Parse("http://mon.example/monitor/?" + query + "#lab")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := Query(u, OfTechniques()...).Encode(), "_=1&compress=off&every=1s&tenant=a%26b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := Query(u).Encode(), "_=1&tenant=a%26b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if u.RawQuery != query {
		t.Errorf("the address has become %v", u)
	}
}
