package dashboard

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
	"github.com/fivewire/fivewire/dashboard/load"
)

func TestMetrics(t *testing.T) {
	s := open(t, Config{}, "/m")
	if status, body, header := s.get("metrics"); status != 503 || header.Get("Retry-After") == "" || header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("before the first snapshot: got %d %s", status, body)
	}
	s.Publish(collectortest.Snapshot(1))
	status, body, header := s.get("metrics")
	if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/plain; version=0.0.4") || header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v", status, header)
	}
	for _, want := range []string{`node_uname_info{`, `nodename="test-host"`, `fivewire_messages_published_total 1` + "\n", `fivewire_build_info{goversion="go`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if _, body, header := s.get("metrics", "Accept", "application/openmetrics-text;version=1.0.0"); !strings.HasSuffix(body, "# EOF\n") ||
		!strings.HasPrefix(header.Get("Content-Type"), "application/openmetrics-text; version=1.0.0") {
		t.Errorf("OpenMetrics: got %v", header)
	}
	if _, body, header := s.get("metrics", "Accept-Encoding", "gzip"); header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(body, "\x1f\x8b") {
		t.Errorf("gzip: got %v", header)
	}
	resp, err := http.Head(s.url + "metrics")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if resp.StatusCode != 200 || resp.ContentLength < 1000 {
		t.Errorf("HEAD: got %d, %d bytes", resp.StatusCode, resp.ContentLength)
	}
	if status, _, _ := s.get("metrics", "Host", "evil.example"); status != 421 {
		t.Errorf("another Host: got %d", status)
	}
}

// What viewers get is on the page, each technique by itself; a viewer that gives no name counts as well.
func TestMetricsOfTraffic(t *testing.T) {
	s := open(t, Config{}, "")
	s.publish(3)
	for _, technique := range load.Techniques() {
		s.watch(s.client(technique), s.cursor(1), 2)
	}
	named := s.client("sse")
	named.Viewer = "me"
	s.watch(named, s.cursor(1), 2)
	value := func(series string) float64 {
		_, body, _ := s.get("metrics")
		match := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(body)
		if match == nil {
			t.Fatalf("%s is missing", series)
		}
		v, err := strconv.ParseFloat(match[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	// A page is shared for a moment, and the server sees a viewer leave a moment after the viewer has.
	shows := func(series string, want float64) {
		t.Helper()
		eventually(t, fmt.Sprintf("%s is %v", series, want), func() bool { return value(series) == want })
	}
	for _, technique := range load.Techniques() {
		messages := 2.0
		if technique == "sse" {
			messages = 4
		}
		shows(fmt.Sprintf(`fivewire_wire_messages_total{transport=%q}`, technique), messages)
		for _, direction := range []string{"in", "out"} {
			if got := value(fmt.Sprintf(`fivewire_wire_bytes_total{direction=%q,transport=%q}`, direction, technique)); got < 100 || got > 5000 {
				t.Errorf("%s: %v bytes %s", technique, got, direction)
			}
		}
		if technique != "polling" {
			shows(fmt.Sprintf(`fivewire_viewers{transport=%q}`, technique), 0)
		}
	}
	shows("fivewire_messages_delivered_total", 12)
}

// What was sent is in a copy: the collector's part is shared with other snapshots and other dashboards.
func TestSent(t *testing.T) {
	s := open(t, Config{}, "")
	part := &collector.Self{Goroutines: 5}
	s.Publish(collector.Snapshot{At: time.Now(), Self: part})
	s.watch(s.client("sse"), "", 1)
	eventually(t, "it is counted", func() bool { return s.transports.Viewers.Sent() > 100 })
	s.Publish(collector.Snapshot{At: time.Now(), Self: part})
	if _, known := part.Sent.Get(); known {
		t.Error("the shared part was changed")
	}
	_, body, _ := s.get("api/v1/polling")
	var got struct {
		Messages []struct {
			Data struct {
				Self struct {
					Sent       *float64
					Goroutines int
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if own := got.Messages[0].Data.Self; own.Goroutines != 5 || own.Sent == nil || *own.Sent <= 0 {
		t.Errorf("got %s", body)
	}
	said := &collector.Self{Sent: collector.Known(42)}
	if s.withSent(said) != said || s.withSent(nil) != nil {
		t.Error("what was said already is not left alone")
	}
}
