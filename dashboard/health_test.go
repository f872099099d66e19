package dashboard

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/history"
)

// A collector that has stopped is told of after ten intervals, and one that never began as well; one that is late is not.
func TestHealthy(t *testing.T) {
	for interval, patience := range map[time.Duration]time.Duration{
		100 * time.Millisecond: 10 * time.Second,
		time.Second:            10 * time.Second,
		time.Minute:            10 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			d := New(Config{Interval: interval})
			defer d.Close()
			check := func(when string, well bool) {
				t.Helper()
				if err := d.Healthy(); (err == nil) != well || err != nil && !strings.Contains(err.Error(), patience.String()) {
					t.Errorf("%v, %s: got %v", interval, when, err)
				}
			}
			time.Sleep(patience - 1)
			check("before the first", true)
			time.Sleep(time.Nanosecond)
			check("still before the first", false)
			d.Publish(collector.Snapshot{})
			check("at the first", true)
			time.Sleep(patience - 1)
			check("late", true)
			time.Sleep(time.Nanosecond)
			check("stuck", false)
		})
	}
}

// Who takes a dashboard into its balance gives it up when it closes, and its probes say why.
func TestProbesSayWhy(t *testing.T) {
	s := open(t, Config{}, "")
	if status, body, _ := s.get("readyz"); status != 503 || body != "no snapshot yet\n" {
		t.Errorf("before the first snapshot: got %d %q", status, body)
	}
	s.publish(1)
	if status, body, _ := s.get("readyz"); status != 200 || body != "ok\n" {
		t.Errorf("got %d %q", status, body)
	}
	s.made = time.Now().Add(-time.Hour)
	s.shown.Store(&shown{at: time.Now().Add(-time.Minute)})
	if status, body, _ := s.get("healthz"); status != 503 || body != "no snapshot for 1m0s: the collector is stuck\n" {
		t.Errorf("stuck: got %d %q", status, body)
	}
	go s.Close()
	<-s.closing
	if err := s.Ready(); err == nil || err.Error() != "closing" {
		t.Errorf("closing: got %v", err)
	}
}

// Where history cannot be kept there is still something to see: readyz says so and why, and so does the page as text. Neither tells
// where it should be.
func TestUnusableDataDir(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	kept, err := history.Open(file, slog.New(slog.DiscardHandler))
	if err == nil {
		t.Fatal("a file is a directory")
	}
	s := open(t, Config{History: kept}, "")
	if status, body, _ := s.get("readyz"); status != 503 || body != "no snapshot yet\n" {
		t.Errorf("before the first snapshot: got %d %q", status, body)
	}
	s.publish(1)
	if status, body, _ := s.get("readyz"); status != 200 || body != "ok, but history is in memory only: not a directory\n" {
		t.Errorf("got %d %q", status, body)
	}
	if status, body, _ := s.get("healthz"); status != 200 || body != "ok\n" {
		t.Errorf("healthz: got %d %q", status, body)
	}
	if status, body, _ := s.get("", "Accept", "*/*"); status != 200 || !strings.Contains(body, "\n! history is in memory only: ") || strings.Contains(body, "secret") {
		t.Errorf("as text: got %d %s", status, body)
	}
}
