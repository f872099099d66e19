package metrics

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fivewire/fivewire/collector"
)

// Whatever a host calls its things, the page parses, has each name where it belongs and counts what is left out.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"sda", hostile, "", "\xff\xfe", "cpu", "(", "HugePages_", "Tcp_InSegs", "🦊", "_mem", "le", "\u202e"} {
		f.Add(seed, "sda")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		s := madeUp()
		s.Disks[0].Name, s.Disks[1].Name = a, b
		s.CPU.Cores[0].Name = a
		s.Memory.Kernel.Names[0], s.Memory.Kernel.Names[1] = a, b
		s.Sockets.Sockstat.Names[0], s.Sockets.Netstat.Names[0], s.Paging.Kernel.Names[0] = a, b, a
		s.Filesystems[0].Mount, s.Filesystems[1].Mount = b, a
		s.Sensors[0].Label, s.Sensors[0].Device, s.Sensors[0].Chip = a, b, a
		s.Container.Name, s.Neighbours[0].Path, s.Units.Top[0].Name, s.Sources[0].Name, s.Host.Hostname = a, b, a, b, a
		page := text(t, exporter(t), s)
		families := parse(t, page)
		for name := range families {
			if !regexp.MustCompile(`^(node|fivewire|process|go)_[A-Za-z0-9_]+$`).MatchString(name) {
				t.Errorf("a metric is called %q", name)
			}
		}
		if _, ok := sample(families, "node_disk_reads_completed_total", "device", strings.ToValidUTF8(a, "\uFFFD")); !ok && a != "" {
			t.Errorf("disk %q is missing", a)
		}
	})
}

func FuzzAccept(f *testing.F) {
	f.Add("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.2")
	f.Add("text/plain;q=x,,;;=")
	e, s := exporter(f), &collector.Snapshot{}
	f.Fuzz(func(t *testing.T, accept string) {
		a, err := e.Page(s, madeUpFacts, accept, false)
		if err != nil || len(a.Body) == 0 || strings.ContainsAny(a.ContentType, "\r\n") {
			t.Errorf("got %+v, %v", a, err)
		}
	})
}

// BenchmarkPage is a scrape of a server with 8 cores, 4 disks, 6 filesystems and 6 interfaces: made anew each time, and
// shared.
func BenchmarkPage(b *testing.B) {
	s := madeUp()
	for len(s.CPU.Cores) < 8 {
		s.CPU.Cores = append(s.CPU.Cores, collector.Core{Name: fmt.Sprint("cpu", 10+len(s.CPU.Cores)), Seconds: s.CPU.Cores[0].Seconds})
	}
	for i := range 60 {
		s.Memory.Kernel.Names = append(slices.Clip(s.Memory.Kernel.Names), fmt.Sprint("Key", i))
		s.Memory.Kernel.Values = append(s.Memory.Kernel.Values, 1<<30)
	}
	for i := range 4 {
		s.Disks = append(s.Disks, s.Disks[0])
		s.Disks[len(s.Disks)-1].Name = fmt.Sprint("sd", i)
		s.Filesystems = append(s.Filesystems, s.Filesystems[0])
		s.Filesystems[len(s.Filesystems)-1].Mount = fmt.Sprint("/srv/", i)
		s.Networks = append(s.Networks, s.Networks[0])
		s.Networks[len(s.Networks)-1].Name = fmt.Sprint("eth", i+1)
	}
	for _, test := range []struct {
		name        string
		gzip, fresh bool
	}{{"fresh", false, true}, {"fresh-gzip", true, true}, {"shared", true, false}} {
		b.Run(test.name, func(b *testing.B) {
			e := exporter(b)
			var size int
			b.ReportAllocs()
			for b.Loop() {
				if test.fresh {
					e.pages = [2]page{}
				}
				a, err := e.Page(s, madeUpFacts, "", test.gzip)
				if err != nil {
					b.Fatal(err)
				}
				size = len(a.Body)
			}
			b.ReportMetric(float64(size), "B/page")
		})
	}
}
