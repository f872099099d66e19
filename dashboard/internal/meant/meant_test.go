package meant

import (
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	known := []string{"series", "at", "from", "to", "points", "only", "FIVEWIRE_KEY", "tls_cert"}
	for name, want := range map[string]string{
		"serie": "series", "Series": "series", "form": "from", "pionts": "points", "FIVEWIRE_KYE": "FIVEWIRE_KEY", "FROM": "from", "t": "at",
		"FIVEWIRE_FOO": "", "FIVEWIRE_": "", "FIVEWIRE_K": "FIVEWIRE_KEY", "tls_cret": "tls_cert",
		"range": "", "xy": "", "": "", "callback": "", "series" + strings.Repeat("s", 60): "",
	} {
		if got := Of(name, known); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got := Of("anything", nil); got != "" {
		t.Errorf("of nothing: got %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"kitten", "sitting", 3}, {"kye", "key", 2}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
