package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fivewire/fivewire/assets"
	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
	"github.com/fivewire/fivewire/dashboard"
)

var pictures = flag.String("pictures", "", "write README's pictures of the page into this folder")

// showcase serves a made-up host that has been watched for so many snapshots, one each interval, until the test ends, and
// returns its URL. Each snapshot goes through change first, where there is one.
func showcase(t *testing.T, past int, interval time.Duration, change func(*collector.Snapshot)) string {
	t.Helper()
	url, stop, err := serveMadeUp(past, interval, change)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return url
}

// serveMadeUp is showcase until it is stopped.
func serveMadeUp(past int, interval time.Duration, change func(*collector.Snapshot)) (url string, stop func() error, err error) {
	ln, url, err := dashboard.Listen("127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	d := dashboard.New(dashboard.Config{Assets: assets.FS})
	ctx, cancel := context.WithCancel(context.Background())
	served, published := make(chan error, 1), make(chan struct{})
	go func() { served <- d.Serve(ctx, ln, "") }()
	began := time.Now()
	publish := func(n int) {
		s := collectortest.Snapshot(n)
		s.At = began.Add(time.Duration(n-past) * interval)
		s.Verdict.Since += s.At.Sub(collectortest.Start().Add(time.Duration(n) * time.Second)).Milliseconds()
		if change != nil {
			change(&s)
		}
		d.Publish(s)
	}
	for n := range past + 1 {
		publish(n)
	}
	go func() {
		defer close(published)
		for n := past + 1; ; n++ {
			select {
			case <-time.After(time.Until(began.Add(time.Duration(n-past) * interval))):
				publish(n)
			case <-ctx.Done():
				return
			}
		}
	}()
	return url + "/", func() error {
		cancel()
		<-published
		return <-served
	}, nil
}

// portrait makes the made-up host one that an operator likes to see: nothing is wrong, but for a disk that fills up.
func portrait(s *collector.Snapshot) {
	s.Verdict = &collector.Verdict{State: "healthy", Text: "healthy", Since: s.At.Add(-3 * time.Hour).UnixMilli()}
	s.Scopes.Filesystems = collector.ScopeHost
	s.Filesystems[2].Used -= 1 << 42 / 5
	s.Filesystems[2].Available = s.Filesystems[2].Total - s.Filesystems[2].Used
	s.Filesystems[2].UsedRatio = collector.Known(float64(s.Filesystems[2].Used) / float64(s.Filesystems[2].Total))
	s.Paging.OOMKills = collector.Known(0)
}

// TestPictures looks at the page as people do: a wide screen, a projector, a phone, dark and light. With -pictures it
// keeps what it sees; README shows those of .github/pictures.
func TestPictures(t *testing.T) {
	t.Parallel()
	if *pictures == "" {
		exhaustive(t)
	}
	needBrowser(t)
	url := showcase(t, 300, time.Second, portrait)
	p := newPage(t)
	p.moving(*pictures != "")
	for _, scheme := range []string{"dark", "light"} {
		for _, size := range []struct{ width, height int64 }{{1440, 900}, {1024, 768}, {390, 844}} {
			t.Run(fmt.Sprintf("%s-%d", scheme, size.width), func(t *testing.T) {
				p.view(size.width, size.height, scheme)
				if *pictures != "" || p.state().Messages == 0 {
					p.open(url + "?technique=streaming&range=1m")
					p.live("streaming")
				}
				if wide := evaluate[int64](p, `document.documentElement.scrollWidth`); wide > size.width {
					t.Errorf("the page is %d px wide on a screen of %d", wide, size.width)
				}
				if *pictures == "" {
					return
				}
				if size.width == 1440 {
					time.Sleep(40 * time.Second) // what each core did is known since the page was opened
				}
				for _, technique := range []string{"polling", "longpolling", "websocket", "sse"} { // something to see on the strip
					time.Sleep(4 * time.Second)
					p.choose(technique)
				}
				time.Sleep(4 * time.Second)
				p.keep(fmt.Sprintf("%s-%d.png", scheme, size.width))
			})
		}
	}
	t.Run("lab", func(t *testing.T) {
		if *pictures == "" {
			t.Skip("TestLab looks at it")
		}
		p := newPage(t)
		p.expect("403", "404") // this one is for looking: it offers no faults
		p.moving(true)
		p.view(1440, 1050, "dark")
		p.open(url + "?technique=sse#lab")
		p.live("sse")
		time.Sleep(24 * time.Second)
		p.keep("lab-1440.png")
	})
}

// keep writes what the page looks like now into the folder of pictures.
func (p *page) keep(file string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(*pictures, file), p.picture(), 0o644); err != nil {
		p.t.Fatal(err)
	}
}
