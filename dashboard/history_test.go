package dashboard

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
	"github.com/fivewire/fivewire/collector/history"
)

// Who was at the top at a moment that has passed.
func TestProcessesOfAMoment(t *testing.T) {
	s := open(t, Config{}, "")
	for i := range 5 {
		s.Publish(collectortest.Snapshot(i))
	}
	at := collectortest.Start().UnixMilli()
	for _, tt := range []struct {
		name, query string
		status      int
		want        string
	}{
		{"then", fmt.Sprint("?at=", at+2000), 200, fmt.Sprintf(`{"at":%d,"processes":[{"pid":`, at+2000)},
		{"between", fmt.Sprint("?at=", at+2900), 200, fmt.Sprintf(`{"at":%d,`, at+2000)},
		{"before", fmt.Sprint("?at=", at-1000), 404, "of that moment"},
		{"long-after", fmt.Sprint("?at=", at+int64(time.Hour/time.Millisecond)), 404, "of that moment"},
		{"no-time", "?at=noon", 400, "Unix milliseconds"},
		{"as-a-tree", fmt.Sprint("?at=", at, "&tree=true"), 400, "leave it out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if status, body, _ := s.get("api/v1/processes" + tt.query); status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("got %d %.200s, want %d with %s", status, body, tt.status, tt.want)
			}
		})
	}
}

// The names that there were at a moment that has passed: the list of now has forgotten them.
func TestNamesOfAMoment(t *testing.T) {
	kept := history.New()
	start := collectortest.Start()
	for i := 0; i < 26*3600; i += 10 {
		s := collector.Snapshot{At: start.Add(time.Duration(i) * time.Second), CPU: new(collector.CPU)}
		if i < 300 {
			s.Disks = []collector.Disk{{Name: "usb", Busy: collector.Known(1)}}
		}
		kept.Append(s)
	}
	s := open(t, Config{History: kept}, "")
	for query, want := range map[string]bool{"": false, fmt.Sprint("?at=", start.UnixMilli()+60_000): true} {
		if status, body, _ := s.get("api/v1/history" + query); status != 200 || strings.Contains(body, `"disk.usb.busy"`) != want || !strings.Contains(body, `"tiers":`) {
			t.Errorf("%q: got %d %.300s, want it to list the disk: %v", query, status, body, want)
		}
	}
	if status, body, _ := s.get("api/v1/history?at=noon"); status != 400 || !strings.Contains(body, "Unix milliseconds") {
		t.Errorf("at noon: got %d %s, want 400", status, body)
	}
}

// A history outlives its dashboard, and says when it could not be put on disk.
func TestHistoryOnDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	kept, err := history.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, Config{History: kept}, "")
	s.Publish(collectortest.Snapshot(0))
	if _, body, _ := s.get("api/v1/history"); !strings.Contains(body, `"on_disk":true`) || strings.Contains(body, dir) {
		t.Errorf("got %.300s, want that it is on disk, and not where", body)
	}
	s.Close()
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}

	kept, err = history.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	query := fmt.Sprintf("api/v1/history?series=cpu.busy&from=%d&to=%d", collectortest.Start().UnixMilli(), collectortest.Start().UnixMilli()+1000)
	again := open(t, Config{History: kept}, "")
	if status, body, _ := again.get(query); status != 200 || strings.Contains(body, `"avg":[]`) {
		t.Errorf("after the restart: got %d %s", status, body)
	}

	second, err := history.Open(dir, slog.New(slog.DiscardHandler))
	if err == nil {
		t.Fatal("two have the same directory")
	}
	third := open(t, Config{History: second}, "")
	third.Publish(collectortest.Snapshot(0))
	if _, body, _ := third.get("api/v1/polling"); !strings.Contains(body, `"name":"history","error":"history is in memory only`) {
		t.Errorf("the snapshot does not say that the history is in memory: %.300s", body)
	}
}

// Who opens the page right after a restart, before anything has been published, sees the last hour.
func TestLastHourAfterARestart(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("writes an hour of history")
	}
	dir := t.TempDir()
	kept, err := history.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	const hour = 3600
	for i := range hour + 100 {
		kept.Append(collectortest.Snapshot(i))
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	if kept, err = history.Open(dir, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	s := open(t, Config{History: kept}, "")
	var known struct {
		Series []history.Series `json:"series"`
		Tiers  []history.Reach  `json:"tiers"`
	}
	begin := collectortest.Start().Add(100 * time.Second).UnixMilli()
	_, body, _ := s.get("api/v1/history")
	if err := json.Unmarshal([]byte(body), &known); err != nil {
		t.Fatal(err)
	}
	if len(known.Series) < 50 || len(known.Tiers) == 0 || known.Tiers[0].From > begin {
		t.Errorf("got %d series, and tiers %+v; want the seconds from %d on", len(known.Series), known.Tiers, begin)
	}
	var result struct {
		At     []int64
		Series []struct{ Avg []*float64 }
	}
	_, body, _ = s.get(fmt.Sprintf("api/v1/history?series=cpu.busy,memory.used&from=%d&to=%d&points=%d", begin, begin+hour*1000-1, hour))
	if err := json.Unmarshal([]byte(body), &result); err != nil {
		t.Fatal(err)
	}
	if len(result.At) != hour || len(result.Series) != 2 || slices.Contains(result.Series[1].Avg, nil) {
		t.Errorf("got %d points of %d series, want a whole hour: %.300s", len(result.At), len(result.Series), body)
	}
	if status, body, _ := s.get("api/v1/history?series=cpu.busy&only=avg"); status != 200 || !strings.Contains(body, `"avg":[`) || strings.Contains(body, `"min":`) {
		t.Errorf("the mean alone: got %d %.300s", status, body)
	}
	if status, body, _ := s.get("api/v1/history?series=cpu.busy&only=max"); status != 400 || !strings.Contains(body, `"parameter":"only"`) {
		t.Errorf("got %d %s", status, body)
	}
}
