package dashboard

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
	"github.com/fivewire/fivewire/collector/history"
	"github.com/fivewire/fivewire/dashboard/internal/alert"
)

// silencing is a dashboard whose history is in a directory, until the end of use.
func silencing(t *testing.T, dir string, use func(d *Dashboard)) {
	t.Helper()
	keeping(t, dir, Config{}, use)
}

func keeping(t *testing.T, dir string, config Config, use func(d *Dashboard)) {
	t.Helper()
	h, err := history.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	config.History, config.Logger = h, slog.New(slog.DiscardHandler)
	d := New(config)
	defer d.Close()
	use(d)
}

// notices is a receiver of what is told, with the state and the rule of each.
func notices(t *testing.T) (url string, told <-chan string) {
	t.Helper()
	c := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var notice struct{ State, Rule string }
		json.NewDecoder(r.Body).Decode(&notice)
		c <- notice.State + " " + notice.Rule
	}))
	t.Cleanup(receiver.Close)
	return receiver.URL, c
}

// squeezer publishes snapshots a second apart, whichever dashboard is fed, with a stall for memory of the last minute.
func squeezer() func(d *Dashboard, seconds int, some60 float64) {
	n := 0
	return func(d *Dashboard, seconds int, some60 float64) {
		for range seconds {
			s := squeezed(n)
			s.Pressure.Memory.Some60 = collector.Known(some60)
			d.Publish(s)
			n++
		}
	}
}

// An alert that fires when the process ends has its end told and marked by the next one, and is listed by it.
func TestFiringOutlivesARestart(t *testing.T) {
	url, told := notices(t)
	dir, config := t.TempDir(), Config{AlertURL: url, AlertOff: []string{"filesystem-full"}}
	feed := squeezer()
	var before []alert.Fired
	keeping(t, dir, config, func(d *Dashboard) {
		feed(d, 70, 0.5)
		if got := <-told; got != "firing memory-pressure" {
			t.Errorf("told %s", got)
		}
		eventually(t, "it is noted that it was told", func() bool { return len(d.alerts.sender.Waiting()) == 0 })
		before = d.alerts.watch.Fired()
	})
	keeping(t, dir, config, func(d *Dashboard) {
		if got := d.alerts.watch.Fired(); len(got) != 1 || !slices.Equal(got, before) {
			t.Errorf("got %+v, want %+v", got, before)
		}
		feed(d, 400, 0)
		if got := <-told; got != "resolved memory-pressure" {
			t.Errorf("told %s", got)
		}
		marks := slices.DeleteFunc(d.history.Marks(time.UnixMilli(0), collectortest.Start().Add(time.Hour)), func(m collector.Mark) bool { return m.Kind != collector.MarkAlert })
		if len(marks) != 2 || !strings.HasPrefix(marks[1].Text, "memory-pressure is over after") {
			t.Errorf("got the marks %v", marks)
		}
	})
	if err := os.WriteFile(filepath.Join(dir, firedName), []byte(`{"firing":`), 0o600); err != nil {
		t.Fatal(err)
	}
	keeping(t, dir, config, func(d *Dashboard) {
		if got := d.alerts.watch.Fired(); len(got) != 0 {
			t.Errorf("of a broken file %+v", got)
		}
	})
}

// What fired is told by the next process where the last one's receiver did not answer, or it had none: once, and before its end is.
func TestUntoldOutlivesARestart(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, tt := range []struct{ name, first string }{{"no-answer", "http://127.0.0.1:1/"}, {"no-receiver", ""}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url, told := notices(t)
			dir, config := t.TempDir(), Config{AlertURL: tt.first, AlertOff: []string{"filesystem-full"}}
			feed := squeezer()
			keeping(t, dir, config, func(d *Dashboard) { feed(d, 70, 0.5) })
			config.AlertURL = url
			keeping(t, dir, config, func(d *Dashboard) {
				feed(d, 2, 0.5)
				if got := <-told; got != "firing memory-pressure" {
					t.Errorf("told %s", got)
				}
				feed(d, 400, 0)
				if got := <-told; got != "resolved memory-pressure" {
					t.Errorf("told %s", got)
				}
				eventually(t, "both are counted", func() bool { return len(d.alerts.sender.Waiting()) == 0 })
			})
			keeping(t, dir, config, func(d *Dashboard) {
				if list := d.alerts.sender.Waiting(); len(list) > 0 {
					t.Errorf("what was told waits again: %+v", list)
				}
			})
		})
	}
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
