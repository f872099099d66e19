package dashboard

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/collector"
)

// withCrowd is a dashboard whose lab can have a crowd, and a collector that says what this process costs, ten times a
// second.
func openWithCrowd(t *testing.T, base string) *site {
	s := open(t, Config{Lab: true, Load: []string{os.Args[0], "load"}, Interval: 100 * time.Millisecond}, base)
	c := collector.Collector{Interval: 100 * time.Millisecond, Logger: s.config.Logger}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Run(t.Context(), s.Publish)
	}()
	t.Cleanup(func() { <-done })
	return s
}

func (s *site) delete(path string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequest("DELETE", s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func (s *site) crowdState() (a crowdAnswer) {
	s.t.Helper()
	status, body, _ := s.get("api/v1/load")
	if err := json.Unmarshal([]byte(body), &a); err != nil || status != 200 {
		s.t.Fatalf("got %d %s, %v", status, body, err)
	}
	return a
}

// A crowd on each technique comes, is measured, misses nothing and goes.
func TestCrowd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, technique := range techniqueNames() {
		t.Run(technique, func(t *testing.T) {
			t.Parallel()
			s := openWithCrowd(t, "/a/monitor")
			status, body := s.post("api/v1/load", "application/json", `{"technique":"`+technique+`","viewers":100,"duration":"1m"}`)
			if status != 202 || !strings.Contains(body, `"technique":"`+technique+`","viewers":100`) {
				t.Fatalf("got %d %s", status, body)
			}
			if status, body := s.post("api/v1/load", "application/json", `{"technique":"sse","viewers":100}`); status != 409 {
				t.Errorf("a second one: got %d %s", status, body)
			}
			var a crowdAnswer
			sent := func() float64 { return a.Server.With.Messages * a.Server.With.Seconds }
			eventually(t, "three messages have come to each", func() bool {
				a = s.crowdState()
				return a.Server.PerThousand != nil && a.Age != nil && sent() > 300 && a.Server.With.CPU > 0 || a.Phase == "ended"
			})
			d := a.Server.PerThousand
			if !a.Running || d == nil || a.Connected != 100 || a.Missed != 0 || a.Messages < 100 || a.Age == nil {
				t.Fatalf("got %+v", a)
			}
			// The other techniques' are in the same process here.
			if d.Descriptors != nil && *d.Descriptors < 800 {
				t.Errorf("%v descriptors are of 1000 viewers", *d.Descriptors)
			}
			if sent() < 300 || a.Server.Before.CPU < 0 || a.Server.With.CPU <= 0 || d.PerMessage == nil || d.Sent <= 0 {
				t.Errorf("with: %+v, per thousand: %+v, client: %+v", a.Server.With, *d, a.Client)
			}
			status, body = s.delete("api/v1/load")
			if status != 200 || !strings.Contains(body, `"running":false,"phase":"ended"`) || !strings.Contains(body, `"reason":"stopped"`) {
				t.Errorf("delete: got %d %s", status, body)
			}
			eventually(t, "nobody is connected", func() bool {
				_, body, _ := s.get("api/v1/viewers")
				return strings.Contains(body, `"viewers":[]`)
			})
		})
	}
}

// Viewers that are cut come back, and miss nothing.
func TestCrowdIsCut(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	s := openWithCrowd(t, "")
	if status, body := s.post("api/v1/load", "application/json", `{"technique":"sse","viewers":20,"duration":"1m","cut_every":"300ms"}`); status != 202 {
		t.Fatalf("got %d %s", status, body)
	}
	var a crowdAnswer
	eventually(t, "they have come back", func() bool {
		a = s.crowdState()
		return a.Reconnects > 40
	})
	if a.Missed != 0 || a.Duplicates != 0 || a.Messages == 0 {
		t.Errorf("got %+v", a)
	}
}

// Viewers of a page of another origin are refused, each time.
func TestCrowdFromElsewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	s := openWithCrowd(t, "")
	if status, body := s.post("api/v1/load", "application/json", `{"technique":"websocket","viewers":10,"duration":"1m","origin":"https://elsewhere.example"}`); status != 202 {
		t.Fatalf("got %d %s", status, body)
	}
	var a crowdAnswer
	eventually(t, "they are refused", func() bool {
		a = s.crowdState()
		return a.Refused >= 10 || !a.Running
	})
	if a.Server.With != nil || a.Messages != 0 || a.Errors["refused: answer 403"] == 0 {
		t.Errorf("got %+v", a)
	}
}

// The dashboard's end is the crowd's.
func TestCrowdEndsWithDashboard(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	s := openWithCrowd(t, "")
	s.post("api/v1/load", "application/json", `{"technique":"websocket","viewers":50}`)
	eventually(t, "they are in", func() bool { return s.crowdState().Phase == "measuring" })
	took := stopwatch()
	if err := s.end(); err != nil {
		t.Error(err)
	}
	if d := took(); d > 3*time.Second {
		t.Errorf("the end took %v", d)
	}
}

func TestCrowdRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Lab: true, Load: []string{os.Args[0], "load"}}, "")
	for name, body := range map[string]string{
		`"parameter":"technique"`: `{"technique":"pigeon","viewers":100}`,
		`"viewers":-1 viewers`:    `{"technique":"sse","viewers":-1}`,
		`"10 to 5000, by`:         `{"technique":"sse","viewers":9}`,
		`5001 viewers`:            `{"technique":"sse","viewers":5001}`,
		`0 viewers`:               `{"technique":"sse"}`,
		`"parameter":"duration"`:  `{"technique":"sse","viewers":10,"duration":"11m"}`,
		`"1s to 10m0s"`:           `{"technique":"sse","viewers":10,"duration":"-1s"}`,
		`such as 30s or 2m`:       `{"technique":"sse","viewers":10,"duration":""}`,
		`"parameter":"cut_every"`: `{"technique":"sse","viewers":10,"cut_every":"1ms"}`,
		`"parameter":"origin"`:    `{"technique":"sse","viewers":10,"origin":"http://elsewhere/\r\nCookie: a"}`,
		`unknown field`:           `{"technique":"sse","viewers":10,"url":"http://elsewhere/"}`,
		`more behind the object`:  `{"technique":"sse","viewers":10}{}`,
		`"parameter":"body"`:      `[]`,
		`cannot unmarshal`:        `{"technique":"sse","viewers":"ten"}`,
		`unexpected EOF`:          `{"technique":`,
	} {
		name = strings.TrimPrefix(name, `"viewers":`)
		if status, got := s.post("api/v1/load", "application/json", body); status != 400 || !strings.Contains(got, name) {
			t.Errorf("%s: got %d %s, want 400 with %s", body, status, got, name)
		}
	}
	if status, got := s.post("api/v1/load", "text/plain", `{"technique":"sse","viewers":10}`); status != 415 {
		t.Errorf("text: got %d %s", status, got)
	}
	if status, got := s.post("api/v1/load", "application/json", `{"technique":"sse","viewers":10}`, "Origin", "http://elsewhere"); status != 403 {
		t.Errorf("another origin: got %d %s", status, got)
	}
	if a := s.crowdState(); a.Running || a.Phase != "none" || a.Most != 5000 {
		t.Errorf("got %+v", a)
	}
	if status, got := s.delete("api/v1/load"); status != 200 {
		t.Errorf("delete without a crowd: got %d %s", status, got)
	}
}

// The bounds are the machine's.
func TestCrowdIsBounded(t *testing.T) {
	s := open(t, Config{Lab: true, Load: []string{os.Args[0], "load"}}, "")
	for _, tt := range []struct {
		name     string
		snapshot collector.Snapshot
		most     int
		by       string
	}{
		{"descriptors", collector.Snapshot{Self: &collector.Self{Descriptors: collector.Known(44), MaxDescriptors: collector.Known(1024)}}, 724, "descriptors"},
		{"none-left", collector.Snapshot{Self: &collector.Self{Descriptors: collector.Known(1000), MaxDescriptors: collector.Known(1024)}}, 0, "descriptors"},
		{"unlimited", collector.Snapshot{Self: &collector.Self{Descriptors: collector.Known(1000)}}, 5000, "lab"},
		{"memory", collector.Snapshot{Memory: &collector.Memory{Available: 128 << 20}}, 1024, "memory"},
		{"container", collector.Snapshot{Memory: &collector.Memory{Available: 1 << 40}, Container: &collector.Cgroup{MemoryLimit: collector.Known(256 << 20), WorkingSet: collector.Known(128 << 20)}}, 1024, "container"},
	} {
		s.Publish(tt.snapshot)
		if a := s.crowdState(); a.Most != tt.most || a.MostBy != tt.by || crowdBounds()[a.MostBy] == "" {
			t.Errorf("%s: got %d by %q, want %d by %q", tt.name, a.Most, a.MostBy, tt.most, tt.by)
		}
	}
}

// So are those of the server, with room to spare for everybody else.
func TestCrowdIsBoundedByPlaces(t *testing.T) {
	for name, tt := range map[string]struct {
		config     Config
		from       net.Addr
		hold, poll int
		by         string
	}{
		"viewers":     {Config{MaxViewers: 100}, nil, 74, 5000, "viewers"}, // one is held
		"many":        {Config{MaxViewers: 3257}, nil, 3000, 5000, "viewers"},
		"connections": {Config{MaxConnections: 100}, nil, 74, 74, "connections"},
		"loopback":    {Config{MaxPerAddress: 100}, nil, 5000, 5000, "lab"},
		"address":     {Config{MaxPerAddress: 100}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7)}, 75, 75, "address"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.config.Lab, tt.config.Load = true, []string{os.Args[0], "load"}
			s := open(t, tt.config, "")
			s.publish(1)
			conn, r := s.ask("sse", "")
			defer conn.Close()
			if _, err := r.ReadByte(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "one is held", func() bool { return len(s.transports.Viewers.List()) == 1 })
			if tt.from != nil {
				s.entrance.Store(&entrance{s.entrance.Load().Listener, tt.from})
			}
			most := func(technique string) int { n, _ := s.mostInCrowd(technique); return n }
			eventually(t, fmt.Sprintf("%d may hold connections, %d poll", tt.hold, tt.poll), func() bool {
				return most("sse") == tt.hold && most("polling") == tt.poll
			})
			if a := s.crowdState(); a.MostBy != tt.by || crowdBounds()[a.MostBy] == "" {
				t.Errorf("got %d by %q, want %q", a.Most, a.MostBy, tt.by)
			}
			status, body := s.post("api/v1/load", "application/json", `{"technique":"sse","viewers":5001}`)
			if status != 400 || !strings.Contains(body, crowdBounds()[tt.by]) {
				t.Errorf("got %d %s", status, body)
			}
		})
	}
}

// Without the lab, in a program that is not ours, and on a Unix socket there is none, and it says why.
func TestNoCrowd(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config Config
		words  string
	}{
		"no-lab":     {Config{Load: []string{os.Args[0], "load"}}, "--lab on"},
		"no-command": {Config{Lab: true}, "part of a program"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, tt.config, "")
			if status, body, _ := s.get("api/v1/load"); status != 404 || !strings.Contains(body, tt.words) {
				t.Errorf("got %d %s", status, body)
			}
			if status, body := s.post("api/v1/load", "application/json", `{"technique":"sse","viewers":10}`); status != 404 || !strings.Contains(body, tt.words) {
				t.Errorf("got %d %s", status, body)
			}
		})
	}
	t.Run("registered", func(t *testing.T) {
		d := New(Config{Lab: true, Load: []string{os.Args[0], "load"}})
		defer d.Close()
		app := fiber.New()
		d.Register(app)
		req, err := http.NewRequest("POST", "http://127.0.0.1/api/v1/load", strings.NewReader(`{"technique":"sse","viewers":10}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := app.Test(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 404 || !strings.Contains(string(body), "not served at an address") {
			t.Errorf("got %d %s, %v", resp.StatusCode, body, err)
		}
	})
}

func TestCrowdAt(t *testing.T) {
	for _, tt := range []struct {
		addr       net.Addr
		base, want string
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, "", "http://127.0.0.1:80/"},
		{&net.TCPAddr{IP: net.IPv4zero, Port: 8055}, "/a/monitor/", "http://127.0.0.1:8055/a/monitor/"},
		{&net.TCPAddr{IP: net.IPv6unspecified, Port: 8055}, "x", "http://127.0.0.1:8055/x/"},
		{&net.TCPAddr{IP: net.IPv6loopback, Port: 1}, "", "http://[::1]:1/"},
		{&net.UnixAddr{Name: "/run/fw.sock"}, "", ""},
	} {
		if got := crowdAt(tt.addr, tt.base); got != tt.want {
			t.Errorf("%v %q: got %q, want %q", tt.addr, tt.base, got, tt.want)
		}
	}
}
