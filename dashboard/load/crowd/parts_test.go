package crowd

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/load/wire"
)

func TestHistogram(t *testing.T) {
	var h histogram
	var all []int64
	for range 20_000 {
		v := int64(math.Exp(rand.Float64() * 28))
		all = append(all, v)
		h.add(v)
	}
	slices.Sort(all)
	for _, share := range []float64{0, 0.01, 0.5, 0.9, 0.99, 1} {
		want := all[max(int(math.Ceil(share*float64(len(all))))-1, 0)]
		if got := h.quantile(share); got < want || float64(got) > float64(want)*(1+1.0/64)+1 {
			t.Errorf("quantile %v: got %d, want %d and up to 1/64 more", share, got, want)
		}
	}
	for _, v := range []int64{math.MinInt64, -1, 0, 1, 127, 128, 129, 1 << 40, math.MaxInt64} {
		if i := bucket(v); i < 0 || i >= len(h.counts) {
			t.Errorf("%d is in bucket %d", v, i)
		} else if v >= 0 && v < 1<<50 && (upper(i) < v || i > 0 && upper(i-1) >= v) {
			t.Errorf("%d is in bucket %d, from %d to %d", v, i, upper(i-1)+1, upper(i))
		}
	}
}

// What is remembered of messages and errors is bounded, whatever a server sends.
func TestBounds(t *testing.T) {
	var all tally
	all.init()
	for i := range 3 * mostRecords {
		id := []byte(strings.Repeat("x", 1+i%50) + "-" + string(rune('a'+i%26)) + time.Duration(i).String())
		all.record(id, int64(i))
		all.failed(string(id))
	}
	if len(all.records) > mostRecords || len(all.order) != len(all.records) || len(all.errors) > mostKinds+1 {
		t.Errorf("%d records, %d in order, %d kinds", len(all.records), len(all.order), len(all.errors))
	}
}

func TestTarget(t *testing.T) {
	for _, c := range []struct {
		url, technique string
		raw            bool
		place          place
		want           string // the first line, and what else must be there
		more           []string
	}{
		{"http://h:1", "sse", false, place{id: "a-1"}, "GET /api/v1/sse HTTP/1.1", []string{"Host: h:1", "Last-Event-ID: a-1", "Accept: text/event-stream"}},
		{"http://h:1/#k=x", "streaming", false, place{}, "GET /api/v1/streaming HTTP/1.1", nil},
		{"http://h/?range=1h&compress=off&key=x&theme=dark#lab", "sse", false, place{}, "GET /api/v1/sse?compress=off&key=x HTTP/1.1", nil},
		{"http://h/?range=1h", "sse", true, place{}, "GET /?range=1h HTTP/1.1", nil},
		{"http://h/monitor/", "websocket", false, place{id: "a-1"}, "GET /monitor/api/v1/websocket?after=a-1 HTTP/1.1", []string{"Upgrade: websocket", "Host: h"}},
		{"http://h/api/v1/polling?viewer=x", "polling", false, place{id: "a-1", etag: "e"}, "GET /api/v1/polling?viewer=x&after=a-1 HTTP/1.1", nil},
		{"http://h/sub/x", "longpolling", false, place{id: "a-1", etag: "e", modified: "m"}, "GET /sub/x HTTP/1.1", []string{"If-None-Match: e", "If-Modified-Since: m"}},
		{"ws://h/", "websocket", true, place{id: "a-1"}, "GET / HTTP/1.1", nil},
		{"http://me:pw@[::1]:8/", "sse", false, place{}, "GET /api/v1/sse HTTP/1.1", []string{"Host: [::1]:8", "Authorization: Basic bWU6cHc="}},
	} {
		got, err := newTarget(&Config{URL: c.url, Technique: c.technique, Raw: c.raw})
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		lines := strings.Split(string(got.request(nil, c.place)), "\r\n")
		if lines[0] != c.want || !slices.Equal(lines[len(lines)-2:], []string{"", ""}) {
			t.Errorf("%s: got %q, want %q", c.url, lines, c.want)
		}
		for _, line := range c.more {
			if !slices.Contains(lines, line) {
				t.Errorf("%s: got %q, want %q", c.url, lines, line)
			}
		}
		if strings.HasSuffix(got.url, "pw") || strings.Contains(got.url, "pw@") || strings.Contains(got.url, "#") {
			t.Errorf("%s: the password or a key is in %s", c.url, got.url)
		}
	}
}

// Who misspells a parameter is told how to find out which.
func TestHintOfParameters(t *testing.T) {
	for url, want := range map[string]bool{"http://h/?evry=1s": true, "http://h/": false, "http://h/other?evry=1s": false} {
		target, err := newTarget(&Config{URL: url, Technique: "sse"})
		if err != nil {
			t.Fatal(err)
		}
		if got := target.hint(&wire.Head{Status: 400}); (got != "") != want {
			t.Errorf("%s: got %q", url, got)
		}
	}
}

// Viewers come one after the other at the rate, or evenly within the ramp instead.
func TestRamp(t *testing.T) {
	for _, test := range []struct {
		command Command
		want    time.Duration // from one to the next
	}{
		{Command{Rate: defaultRate}, time.Millisecond},
		{Command{Rate: 4}, 250 * time.Millisecond},
		{Command{Rate: defaultRate, Ramp: 10 * time.Second}, 2 * time.Second},
	} {
		test.command.URL, test.command.Technique, test.command.Viewers = "http://h/", "sse", 5
		c, err := newCrowd(test.command.config())
		if err != nil {
			t.Fatal(err)
		}
		c.gather()
		for i, due := range c.due {
			if got := time.Duration(due - 1); got != time.Duration(i)*test.want { // 0 would be never
				t.Errorf("rate %v, ramp %v: viewer %d comes after %v, want %v", test.command.Rate, test.command.Ramp, i, got, time.Duration(i)*test.want)
			}
		}
	}
}

// A line that is written over fits into the terminal, however narrow: one that wraps would stay and push the others up.
func TestLineFits(t *testing.T) {
	for cols, want := range map[int]string{
		0: "7 s  5 of 5 connected  4 messages/s  missed 3  errors 2", 200: "7 s  5 of 5 connected  4 messages/s  missed 3  errors 2",
		46: "7 s  5 of 5 connected  4 messages/s  missed 3", 45: "7 s  5 of 5 connected  4 messages/s", 36: "7 s  5 of 5 connected  4 messages/s", 3: "7 s",
	} {
		w := watcher{c: &crowd{Config: Config{Live: true, Cols: func() int { return cols }}}}
		if got := w.fitting([]string{"7 s", "5 of 5 connected", "4 messages/s", "missed 3", "errors 2"}); got != want {
			t.Errorf("%d columns: got %q, want %q", cols, got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	fine := Command{URL: "http://h/", Technique: "sse", Viewers: 1, Rate: 1, Duration: time.Second, Pause: time.Second}
	if err := fine.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Command){
		"--viewers 0 is outside":           func(c *Command) { c.Viewers = 0 },
		"--rate NaN is outside":            func(c *Command) { c.Rate = math.NaN() },
		"--rate and --ramp can't be used":  func(c *Command) { c.Ramp = time.Second },
		"--ramp -1s is outside":            func(c *Command) { c.Ramp = -time.Second },
		"--duration 0s is outside":         func(c *Command) { c.Duration = 0 },
		"--cut-every 1ms: want":            func(c *Command) { c.CutEvery = time.Millisecond },
		"--slow 2 is outside":              func(c *Command) { c.Slow = 2 },
		"--every 2m0s is outside":          func(c *Command) { c.Every = 2 * time.Minute },
		"--pause 1ms is outside":           func(c *Command) { c.Pause = time.Millisecond },
		"--pid [0]: want the number":       func(c *Command) { c.PID = []int{0} },
		`technique "carrier pigeon": want`: func(c *Command) { c.Technique = "carrier pigeon" },
		`url "ftp://h/": want`:             func(c *Command) { c.URL = "ftp://h/" },
		`colon: want http://host:port/`:    func(c *Command) { c.URL = "127.0.0.1:8055" },
		`url "http://:1/" has no host`:     func(c *Command) { c.URL = "http://:1/" },
		`--every is a parameter of`:        func(c *Command) { c.URL, c.Every = "http://h/x", time.Second },
		`--header "x": want`:               func(c *Command) { c.Header = []string{"x"} },
		`--header "a: b\nc": want`:         func(c *Command) { c.Header = []string{"a: b\nc"} },
	} {
		c := fine
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Help names every row that the report may have.
func TestHelpNamesRows(t *testing.T) {
	r := &Report{Slow: &Slow{}, Overdue: 1, Gaps: 1}
	var b strings.Builder
	if err := r.Table(&b); err != nil {
		t.Fatal(err)
	}
	help := new(Command).Help()
	for _, row := range []string{"messages", "missed", "overdue", "duplicates", "gaps", "age", "first to last", "bytes", "reconnects", "errors"} {
		word := map[string]string{"missed": "misses", "age": "ages", "first to last": "from the first viewer to the last"}[row]
		if word == "" {
			word = row
		}
		if !strings.Contains(b.String(), "\n"+row+" ") || !strings.Contains(help, word) {
			t.Errorf("%s: not in both", row)
		}
	}
}
