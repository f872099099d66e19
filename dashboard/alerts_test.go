package dashboard

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
)

// squeezed is a second of a host that waits for memory.
func squeezed(n int) collector.Snapshot {
	s := collectortest.Snapshot(n)
	s.Pressure = &collector.Pressure{Memory: &collector.Stall{Some60: collector.Known(0.5)}}
	return s
}

// An alert fires: it is in a message, in the list, on /metrics, and somebody is told; when it is over, likewise.
func TestAlerts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	told := make(chan map[string]any, 10)
	down := true
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if down {
			down = false
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		var v map[string]any
		json.Unmarshal(body, &v)
		told <- v
	}))
	defer receiver.Close()
	access, err := NewAccess(AccessConfig{Open: true, PublicURL: "https://m.example/monitor"})
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, Config{AlertURL: receiver.URL + "/SECRET", Access: access, AlertOff: []string{"filesystem-full"}}, "")
	for n := range 70 {
		s.Publish(squeezed(n))
	}
	first := <-told // after a second, for the receiver is not well at first
	if first["rule"] != "memory-pressure" || first["state"] != "firing" || first["host"] != "test-host" ||
		first["link"] != "https://m.example/monitor/?at="+jsonNumber(collectortest.Start().UnixMilli()) {
		t.Errorf("told %v", first)
	}
	eventually(t, "it is counted as told", func() bool {
		_, body, _ := s.get("api/v1/alerts")
		return strings.Contains(body, `"sent":1`)
	})
	if _, body, _ := s.get("api/v1/alerts"); !strings.Contains(body, `"state":"firing","value":0.5`) || strings.Contains(body, "SECRET") ||
		!strings.Contains(body, `"sent":1`) || !strings.Contains(body, `{"rule":"filesystem-full","state":"off"`) {
		t.Errorf("got %s", body)
	}
	if _, body, _ := s.get("metrics"); !strings.Contains(body, `fivewire_alert_firing{rule="memory-pressure"} 1`) {
		t.Error("it is not among the metrics")
	}
	if _, body, _ := s.get("api/v1/polling?after=" + s.cursor(50)); strings.Count(body, `"kind":"alert"`) != 1 {
		t.Errorf("the messages have %d marks", strings.Count(body, `"kind":"alert"`))
	}
	for n := 70; n < 400; n++ {
		calm := squeezed(n)
		calm.Pressure.Memory.Some60 = collector.Known(0)
		s.Publish(calm)
	}
	if over := <-told; over["state"] != "resolved" || over["ended"] == nil {
		t.Errorf("told %v", over)
	}
	marks := s.history.Marks(time.UnixMilli(0), collectortest.Start().Add(time.Hour))
	if len(marks) != 2 || !strings.HasPrefix(marks[0].Text, "memory-pressure: for 50 %") || !strings.HasPrefix(marks[1].Text, "memory-pressure is over after") {
		t.Errorf("got the marks %v", marks)
	}
}

func jsonNumber(n int64) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// What is silenced is marked, and nobody is told.
func TestAlertsSilenced(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Error("somebody was told") }))
	defer receiver.Close()
	s := open(t, Config{AlertURL: receiver.URL, AlertOff: []string{"filesystem-full"}}, "")
	const json = "application/json"
	status, body := s.post("api/v1/alerts", json, `{"silence":{"rule":"memory-pressure","for":"1h"}}`)
	if status != 200 || !strings.Contains(body, `"silenced_until":`) {
		t.Fatalf("got %d %s", status, body)
	}
	for n := range 70 {
		snapshot := squeezed(n)
		snapshot.At = time.Now() // silences are by the clock
		s.Publish(snapshot)
	}
	if _, body, _ := s.get("api/v1/alerts"); !strings.Contains(body, `"state":"firing"`) || !strings.Contains(body, `"sent":0`) {
		t.Errorf("got %s", body)
	}
	if marks := s.history.Marks(time.UnixMilli(0), time.Now()); len(marks) != 1 {
		t.Errorf("got the marks %v", marks)
	}
	for _, tt := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"nothing", `{}`, 400, "filesystem-full"},
		{"no-rule", `{"silence":{"rule":"<b>","for":"1h"}}`, 400, "memory-pressure"},
		{"long-rule", `{"silence":{"rule":"` + strings.Repeat("x", 1000) + `","for":"1h"}}`, 400, "memory-pressure"},
		{"no-time", `{"silence":{"rule":"too-hot"}}`, 400, "168h"},
		{"too-long", `{"silence":{"rule":"too-hot","for":"169h"}}`, 400, "168h"},
		{"negative", `{"silence":{"rule":"too-hot","for":"-1h"}}`, 400, "168h"},
		{"long-subject", `{"silence":{"rule":"too-hot","subject":"` + strings.Repeat("x", 400) + `","for":"1h"}}`, 400, "subject"},
		{"unknown-field", `{"silence":{"rule":"too-hot","for":"1h","why":"x"}}`, 400, "why"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if status, body := s.post("api/v1/alerts", json, tt.body); status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("got %d %s, want %d with %s", status, body, tt.status, tt.want)
			}
		})
	}
	for taken := 0; ; taken++ { // on a busy machine a few more than at once: one for each second
		if status, _ := s.post("api/v1/alerts", json, `{"silence":{"rule":"too-hot","for":"0s"}}`); status == 429 {
			break
		}
		if taken > 10*silencesAtOnce {
			t.Fatal("there is no end of silences")
		}
	}
}

// OpenAPI names the rules there are.
func TestAlertRulesAreDescribed(t *testing.T) {
	s := open(t, Config{}, "")
	_, body, _ := s.get("api/v1/openapi.json")
	var described struct {
		Components struct {
			Schemas struct{ AlertRule struct{ Enum []string } }
		}
	}
	json.Unmarshal([]byte(body), &described)
	if got, want := strings.Join(described.Components.Schemas.AlertRule.Enum, " "), strings.Join(AlertRules(), " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
