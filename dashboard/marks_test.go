package dashboard

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
	"github.com/fivewire/fivewire/collector/history"
)

// A mark that somebody makes is there at once, and in the next message.
func TestMarks(t *testing.T) {
	s := open(t, Config{}, "")
	if status, body := s.post("api/v1/marks", "application/json", `{"text":"deploy <b>v2</b>"}`); status != 201 || !strings.Contains(body, `"kind":"note"`) {
		t.Fatalf("got %d %s", status, body)
	}
	if _, body, _ := s.get("api/v1/marks"); !strings.Contains(body, `v2`) || strings.Count(body, `"kind"`) != 1 {
		t.Errorf("got %s", body)
	}
	snapshot := collectortest.Snapshot(0)
	snapshot.Marks = []collector.Mark{{At: snapshot.At.UnixMilli(), Kind: collector.MarkGap, Text: "no snapshot for 9 s"}}
	s.Publish(snapshot)
	_, body, _ := s.get("api/v1/polling")
	if !strings.Contains(body, `"marks":[{"at":`) || !strings.Contains(body, `no snapshot for 9 s`) || !strings.Contains(body, `v2`) {
		t.Errorf("the message is %.300s", body)
	}
	s.Publish(collectortest.Snapshot(1))
	var answer struct{ Cursor string }
	json.Unmarshal([]byte(body), &answer)
	if _, body, _ := s.get("api/v1/polling?after=" + answer.Cursor); strings.Contains(body, `"marks"`) {
		t.Errorf("and again in the next one: %.300s", body)
	}
	at := snapshot.At.UnixMilli()
	if _, body, _ := s.get(fmt.Sprintf("api/v1/marks?from=%d&to=%d", at, at)); strings.Count(body, `"kind"`) != 1 || !strings.Contains(body, `"gap"`) {
		t.Errorf("of that moment: %s", body)
	}
	if _, body, _ := s.get(fmt.Sprintf("api/v1/marks?from=%d&to=%d", at-2, at-1)); body != `{"marks":[]}` {
		t.Errorf("of another: %s", body)
	}
}

func TestMarksRefuse(t *testing.T) {
	t.Parallel()
	s := open(t, Config{}, "")
	for _, tt := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"empty", `{"text":""}`, 400, "deploy v2"},
		{"nothing", `{}`, 400, "empty"},
		{"two-lines", `{"text":"a\nb"}`, 400, "U+000A"},
		{"escape", `{"text":"\u001b[2J"}`, 400, "U+001B"},
		{"long", `{"text":"` + strings.Repeat("x", 201) + `"}`, 400, "201 characters"},
		{"kind", `{"text":"a","kind":"oom"}`, 400, "kind"},
		{"no-json", `text=a`, 400, "JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if status, body := s.post("api/v1/marks", "application/json", tt.body); status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("got %d %s, want %d with %s", status, body, tt.status, tt.want)
			}
		})
	}
	for _, query := range []string{"?from=noon", "?from=2&to=1", "?to=-1"} {
		if status, body, _ := s.get("api/v1/marks" + query); status != 400 || !strings.Contains(body, "Unix milliseconds") {
			t.Errorf("%s: got %d %s", query, status, body)
		}
	}
	began, taken := time.Now(), 0
	for ; ; taken++ {
		if status, _ := s.post("api/v1/marks", "application/json", `{"text":"again"}`); status == 429 || taken > 10*notesAtOnce {
			break
		}
	}
	if more := time.Since(began).Seconds() * notesPerSecond; taken < notesAtOnce || float64(taken) > notesAtOnce+1+more {
		t.Errorf("%d were taken, want %d, and %.1f for the time it took", taken, notesAtOnce, more)
	}
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		for i := range 3 {
			if wait := p.take(time.Now(), 0.5, 3); wait != 0 {
				t.Errorf("token %d: wait %v", i, wait)
			}
		}
		if wait := p.take(time.Now(), 0.5, 3); wait != 2*time.Second {
			t.Errorf("the bucket is empty: wait %v", wait)
		}
		time.Sleep(2 * time.Second)
		if wait := p.take(time.Now(), 0.5, 3); wait != 0 {
			t.Errorf("after 2 s: wait %v", wait)
		}
		time.Sleep(time.Hour)
		for i := range 4 {
			if wait := p.take(time.Now(), 0.5, 3); (wait > 0) != (i == 3) {
				t.Errorf("after an hour, token %d: wait %v", i, wait)
			}
		}
	})
}

// Who begins again where another run has ended says so, once.
func TestRestartIsMarked(t *testing.T) {
	dir := t.TempDir()
	marks := func(n int, change func(*collector.Snapshot)) string {
		kept, err := history.Open(dir, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer kept.Close()
		d := New(Config{History: kept})
		defer d.Close()
		for i := range 2 {
			s := collectortest.Snapshot(n + i)
			change(&s)
			d.Publish(s)
		}
		var texts []string
		for _, m := range kept.Marks(time.UnixMilli(0), collectortest.Start().Add(24*time.Hour)) {
			texts = append(texts, m.Kind+" "+m.Text)
		}
		return strings.Join(texts, "; ")
	}
	same := func(*collector.Snapshot) {}
	if got := marks(0, same); got != "" {
		t.Errorf("the first time: %s", got)
	}
	const first = "restart fivewire was started again, and nothing was recorded for 1m39s"
	if got := marks(100, same); got != first {
		t.Errorf("after 99 s: %s", got)
	}
	got := marks(200, func(s *collector.Snapshot) {
		host := *s.Host
		host.Booted = s.At.Add(-30 * time.Second)
		s.Host = &host
	})
	second := first + "; restart the host was started again, and nothing was recorded for 1m39s"
	if got != second {
		t.Errorf("after a reboot: %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "lock"), []byte("held\n"), 0o600); err != nil { // as a process leaves it that is killed
		t.Fatal(err)
	}
	if got, want := marks(300, same), second+"; restart fivewire ended without a word and was started again, and nothing was recorded for 1m39s"; got != want {
		t.Errorf("after kill -9: %s", got)
	}
}

func TestRestartInWords(t *testing.T) {
	at := collectortest.Start()
	for _, tt := range []struct {
		last, booted time.Time
		abrupt       bool
		want         string
	}{
		{time.Time{}, time.Time{}, true, ""},
		{at.Add(-time.Minute), time.Time{}, false, "fivewire was started again, and nothing was recorded for 1m0s"},
		{at.Add(-time.Minute), at.Add(-time.Second), true, "fivewire ended without a word and the host was started again, and nothing was recorded for 1m0s"},
		{at.Add(time.Minute), time.Time{}, true, "fivewire ended without a word and was started again"},
		{at.Add(time.Minute), time.Time{}, false, "fivewire was started again"},
	} {
		m, restarted := restart(tt.last, tt.abrupt, &collector.Snapshot{At: at, Host: &collector.Host{Booted: tt.booted}})
		if m.Text != tt.want || restarted != (tt.want != "") {
			t.Errorf("got %q, want %q", m.Text, tt.want)
		}
	}
}
