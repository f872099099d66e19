package dashboard

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector/history"
	"github.com/fivewire/fivewire/dashboard/internal/alert"
)

// silencing is a dashboard whose history is in a directory, until the end of use.
func silencing(t *testing.T, dir string, use func(d *Dashboard)) {
	t.Helper()
	h, err := history.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	d := New(Config{History: h, Logger: slog.New(slog.DiscardHandler)})
	defer d.Close()
	use(d)
}

func TestSilencesOutliveARestart(t *testing.T) {
	dir, now := t.TempDir(), time.Now().Truncate(time.Second)
	want := []alert.Silence{{Rule: "filesystem-full", Subject: "/srv", Until: now.Add(time.Hour).UnixMilli()}, {Rule: "too-hot", Until: now.Add(2 * time.Hour).UnixMilli()}}
	silencing(t, dir, func(d *Dashboard) {
		for _, s := range append(want, alert.Silence{Rule: "own-health", Until: now.Add(time.Hour).UnixMilli()}) {
			if err := d.alerts.watch.Silence(s.Rule, s.Subject, now, time.UnixMilli(s.Until)); err != nil {
				t.Fatal(err)
			}
		}
		d.keepSilences(now)
		if err := d.alerts.watch.Silence("own-health", "", now, now); err != nil { // it is ended
			t.Fatal(err)
		}
		d.keepSilences(now)
	})
	silencing(t, dir, func(d *Dashboard) {
		if got := d.alerts.watch.Silences(now); !slices.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if got := d.alerts.watch.Silences(now.Add(90 * time.Minute)); !slices.Equal(got, want[1:]) {
			t.Errorf("later: got %+v, want %+v", got, want[1:])
		}
	})
}

// What cannot be is left out, and keeps nobody from starting.
func TestSilencesOfOtherFiles(t *testing.T) {
	now := time.Now()
	text := func(list ...alert.Silence) string {
		b, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, tt := range []struct {
		name, file string
		n          int
	}{
		{"broken", `[{"rule":`, 0},
		{"empty", "", 0},
		{"no rule", text(alert.Silence{Rule: "nothing", Until: now.Add(time.Hour).UnixMilli()}), 0},
		{"over", text(alert.Silence{Rule: "too-hot", Until: now.Add(-time.Hour).UnixMilli()}), 0},
		{"for ever", text(alert.Silence{Rule: "too-hot", Until: now.Add(1000 * time.Hour).UnixMilli()}), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, silencesName), []byte(tt.file), 0o600); err != nil {
				t.Fatal(err)
			}
			silencing(t, dir, func(d *Dashboard) {
				got := d.alerts.watch.Silences(now)
				if len(got) != tt.n || tt.n > 0 && time.UnixMilli(got[0].Until).After(time.Now().Add(alert.LongestSilence)) {
					t.Errorf("got %+v, want %d", got, tt.n)
				}
			})
		})
	}
}
