package metrics

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/fivewire/fivewire/collector"
)

// TestAgainstNodeExporter compares every number that fivewire and a real node_exporter both have, on this very host. The
// peer is read, then fivewire's sources, then the peer again: a counter must lie between the peer's two readings, and
// so must a gauge, give or take what it moves by itself.
//
// It runs where a node_exporter is installed. With FIVEWIRE_PEERS=1 a missing one is a failure.
func TestAgainstNodeExporter(t *testing.T) {
	if testing.Short() {
		t.Skip("starts other programs")
	}
	if runtime.GOOS != "linux" {
		t.Skip("the names are those that node_exporter has on Linux")
	}
	peers := nodeExporters()
	if len(peers) == 0 {
		if os.Getenv("FIVEWIRE_PEERS") == "1" {
			t.Fatal("no node_exporter on the PATH")
		}
		t.Skip("left out: no node_exporter on the PATH")
	}
	for _, peer := range peers {
		t.Run(filepath.Base(peer), func(t *testing.T) {
			url := startPeer(t, peer)
			// A busy machine may change between any two readings: what disagrees must do so three times in a row.
			var wrong map[string]string
			for attempt := range 3 {
				before := scrape(t, url)
				own := live(t)
				after := scrape(t, url)
				c := comparison{before: before, own: own, after: after, wrong: map[string]string{}}
				c.compare()
				if attempt == 0 {
					c.report(t)
					for _, name := range c.families {
						if whole.MatchString(name) {
							t.Errorf("the peer has %s, and we have not", name)
						}
					}
				}
				if wrong == nil {
					wrong = c.wrong
				}
				for series := range wrong {
					if c.wrong[series] == "" {
						delete(wrong, series)
					}
				}
				if len(wrong) == 0 {
					return
				}
			}
			for _, series := range slices.Sorted(maps.Keys(wrong)) {
				t.Errorf("%s: %s", series, wrong[series])
			}
		})
	}
}

// nodeExporters are those on the PATH, by either name that it is packaged under.
func nodeExporters() []string {
	var found []string
	for _, name := range []string{"node_exporter", "prometheus-node-exporter"} {
		if file, err := exec.LookPath(name); err == nil {
			found = append(found, file)
		}
	}
	return found
}

// startPeer runs a node_exporter on a free port of this machine until the test ends.
func startPeer(t *testing.T, file string) (url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.2:0") // not where other tests' connections are from: nobody is given the port meanwhile
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	var log bytes.Buffer
	cmd := exec.Command(file, "--web.listen-address="+address, "--collector.processes")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	url = "http://" + address + "/metrics"
	for range 1200 {
		if resp, err := http.Get(url); err == nil {
			resp.Body.Close()
			return url
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not answer: %s", file, log.String())
	return ""
}

func scrape(t *testing.T, url string) map[string]*dto.MetricFamily {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(page))
}

// live is fivewire's page of this host.
func live(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	s := liveSnapshot(t)
	a, err := New(slog.New(slog.NewTextHandler(t.Output(), nil))).Page(s, func() Facts { return Facts{Now: time.Now()} }, "", false)
	if err != nil {
		t.Fatal(err)
	}
	families := parse(t, string(a.Body))
	if n, _ := sample(families, "fivewire_samples_left_out"); n > 0 {
		t.Errorf("%v samples are left out: a series is written twice", n)
	}
	return families
}

// liveSnapshot reads this host with fresh sources, so that no part of it is older than the call.
func liveSnapshot(t *testing.T) *collector.Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var got *collector.Snapshot
	c := collector.Collector{Interval: 5 * time.Second, Sources: collector.DefaultSources(), Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	if err := c.Run(ctx, func(s collector.Snapshot) {
		if got == nil {
			got = &s
		}
		cancel()
	}); err != nil || got == nil {
		t.Fatalf("no snapshot: %v", err)
	}
	return got
}

// whole are the groups of names that we have all of. Of others, such as what a network interface is, the peer has some
// more: they are in the log.
var whole = regexp.MustCompile(`^node_(pressure|softnet|vmstat|netstat|sockstat|filefd|memory|procs)_|^node_(load1|load5|load15|` +
	`cpu_seconds_total|cpu_guest_seconds_total|context_switches_total|forks_total|intr_total|boot_time_seconds|time_seconds|uname_info|` +
	`hwmon_temp_celsius|hwmon_fan_rpm|thermal_zone_temp|nf_conntrack_entries|nf_conntrack_entries_limit|processes_threads|processes_pids)$`)

// A comparison is of three pages.
type comparison struct {
	before, own, after map[string]*dto.MetricFamily
	shared             int
	wrong              map[string]string // by series
	only               [2][]string       // series of shared families: ours only, the peer's only
	families           []string          // the peer's that we do not have
}

func (c *comparison) compare() {
	for name, theirs := range c.before {
		ours := c.own[name]
		switch {
		case skipped(name):
			continue
		case ours == nil:
			c.families = append(c.families, name)
			continue
		case ours.GetType() != theirs.GetType():
			c.wrong[name] = fmt.Sprintf("is a %v, the peer's a %v", ours.GetType(), theirs.GetType())
		}
		before, own, after := bySeries(theirs), bySeries(ours), bySeries(c.after[name])
		for series, v := range own {
			lo, ok := before[series]
			hi, still := after[series]
			if !ok || !still {
				c.only[0] = append(c.only[0], series)
				continue
			}
			c.shared++
			if counts(name, ours.GetType()) {
				if slack := grain(name); v < lo-slack || v > hi+slack {
					c.wrong[series] = fmt.Sprintf("%v, and the peer counted from %v to %v", v, lo, hi)
				}
			} else if slack := tolerance(name, max(lo, hi)); v < min(lo, hi)-slack || v > max(lo, hi)+slack {
				c.wrong[series] = fmt.Sprintf("%v, and the peer has %v and %v", v, lo, hi)
			}
		}
		for series := range before {
			if _, ok := own[series]; !ok {
				c.only[1] = append(c.only[1], series)
			}
		}
	}
}

func (c *comparison) report(t *testing.T) {
	t.Helper()
	slices.Sort(c.families)
	slices.Sort(c.only[0])
	slices.Sort(c.only[1])
	t.Logf("%d series compared", c.shared)
	t.Logf("ours only, in families that both have: %s", strings.Join(c.only[0], "\n  "))
	t.Logf("the peer's only, in families that both have: %s", strings.Join(c.only[1], "\n  "))
	t.Logf("families of the peer that we do not have: %s", strings.Join(c.families, " "))
}

// skipped are not about the host: each process has its own.
func skipped(name string) bool {
	for _, prefix := range []string{"go_", "process_", "promhttp_", "node_scrape_", "node_exporter_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// bySeries has the values under name and labels. A label without a value is none.
func bySeries(f *dto.MetricFamily) map[string]float64 {
	values := make(map[string]float64)
	for _, m := range f.GetMetric() {
		slices.SortFunc(m.Label, func(a, b *dto.LabelPair) int { return cmp.Compare(a.GetName(), b.GetName()) })
		series := f.GetName()
		for _, l := range m.Label {
			if l.GetValue() != "" {
				series += fmt.Sprintf(" %s=%q", l.GetName(), l.GetValue())
			}
		}
		values[series] = value(m)
	}
	return values
}

// counts says whether a series only goes up. Among the untyped ones, those of the kernel's tables, all do but two.
func counts(name string, kind dto.MetricType) bool {
	return kind == dto.MetricType_COUNTER || kind == dto.MetricType_UNTYPED &&
		name != "node_netstat_Tcp_CurrEstab" && name != "node_netstat_Ip_Forwarding" && !strings.HasPrefix(name, "node_zfs_")
}

// grain is how exact a counter can be: processor time comes in hundredths of a second, and what is idle may go back a
// little (proc_stat(5)); times in floats differ in their last digits.
func grain(name string) float64 {
	if strings.HasPrefix(name, "node_cpu_") {
		return 0.05
	}
	if strings.Contains(name, "_seconds") {
		return 1e-6
	}
	return 0
}

// tolerance is what a gauge may move by itself between the peer's reading and ours, beyond the peer's own two.
func tolerance(name string, value float64) float64 {
	const mib = 1 << 20
	for _, rule := range []struct {
		prefix             string
		absolute, relative float64
	}{
		{"node_time_seconds", 0.01, 0},
		{"node_boot_time_seconds", 1.1, 0}, // the peer's is in whole seconds
		{"node_load", 0.5, 0.1},
		{"node_procs_", 50, 0},
		{"node_processes_", 50, 0.2},
		{"node_memory_HugePages_", 0, 0},
		{"node_memory_MemTotal_bytes", 0, 0},
		{"node_memory_SwapTotal_bytes", 0, 0},
		{"node_memory_", 128 * mib, 0.05},
		{"node_netstat_Tcp_CurrEstab", 20, 0.2},
		{"node_sockstat_", 50, 0.2},
		{"node_filefd_allocated", 500, 0.2},
		{"node_nf_conntrack_entries_limit", 0, 0},
		{"node_nf_conntrack_entries", 50, 0.2},
		{"node_filesystem_avail_bytes", 256 * mib, 0},
		{"node_filesystem_free_bytes", 256 * mib, 0},
		{"node_filesystem_files_free", 5000, 0},
		{"node_disk_io_now", 200, 0},
		{"node_cpu_scaling_frequency_hertz", 0, 1},
		{"node_hwmon_temp_celsius", 10, 0},
		{"node_thermal_zone_temp", 10, 0},
		{"node_hwmon_fan_rpm", 200, 0.2},
		{"node_zfs_arc_size", 128 * mib, 0.05},
	} {
		if strings.HasPrefix(name, rule.prefix) {
			return max(rule.absolute, rule.relative*math.Abs(value))
		}
	}
	return 0
}
