package dashboard

import (
	"errors"
	"testing"
	"time"
)

func TestZoneName(t *testing.T) {
	none := errors.New("no link")
	tests := []struct {
		location, variable, link string
		err                      error
		want                     string
	}{
		{"Local", "", "/usr/share/zoneinfo/Europe/Prague", nil, "Europe/Prague"},
		{"Local", "", "../usr/share/zoneinfo/Etc/UTC", nil, "Etc/UTC"},
		{"Local", "", "", none, ""},
		{"Local", "", "/etc/elsewhere", nil, ""},
		{"Local", "America/Lima", "/usr/share/zoneinfo/Etc/UTC", nil, "America/Lima"},
		{"Local", ":/usr/share/zoneinfo/Asia/Tokyo", "", none, "Asia/Tokyo"},
		{"UTC", "", "", none, "UTC"},
	}
	for _, test := range tests {
		got := zoneName(test.location, test.variable, func(string) (string, error) { return test.link, test.err })
		if got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}

func TestZoneOffset(t *testing.T) {
	east := time.FixedZone("", 5*3600+1800)
	if got := zoneOf(time.Unix(0, 0).In(east)); got.Offset != 19800 {
		t.Errorf("got %+v", got)
	}
}
