package metrics

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"math"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/fivewire/fivewire/collector"
)

var update = flag.Bool("update", false, "write the golden files")

// text is the page of a snapshot for a scraper that asks for nothing special.
func text(t testing.TB, e *Exporter, s *collector.Snapshot) string {
	t.Helper()
	a, err := e.Page(s, madeUpFacts, "", false)
	if err != nil {
		t.Fatal(err)
	}
	return string(a.Body)
}

// parse reads a page as Prometheus does.
func parse(t testing.TB, page string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(page))
	if err != nil {
		t.Fatalf("%v in\n%s", err, page)
	}
	return families
}

func value(m *dto.Metric) float64 {
	switch {
	case m.Counter != nil:
		return m.Counter.GetValue()
	case m.Gauge != nil:
		return m.Gauge.GetValue()
	case m.Untyped != nil:
		return m.Untyped.GetValue()
	}
	return math.NaN()
}

// sample finds the value of name{label="value",…}, the labels given as pairs.
func sample(families map[string]*dto.MetricFamily, name string, labels ...string) (float64, bool) {
	for _, m := range families[name].GetMetric() {
		found := 0
		for i := 0; i < len(labels); i += 2 {
			for _, l := range m.Label {
				if l.GetName() == labels[i] && l.GetValue() == labels[i+1] {
					found++
				}
			}
		}
		if found == len(labels)/2 {
			return value(m), true
		}
	}
	return 0, false
}

func TestGolden(t *testing.T) {
	got := text(t, exporter(t), madeUp())
	const file = "testdata/metrics.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Error("the page has changed; if it was meant to: go test ./dashboard/internal/metrics -update")
	}
}

// TestGrafana: without these names the top three rows of Grafana's dashboard 1860, Node Exporter Full, have holes.
func TestGrafana(t *testing.T) {
	families := parse(t, text(t, exporter(t), madeUp()))
	names := strings.Fields(`node_uname_info node_boot_time_seconds node_time_seconds node_cpu_seconds_total node_cpu_guest_seconds_total node_load1
		node_memory_MemTotal_bytes node_memory_MemFree_bytes node_memory_MemAvailable_bytes node_memory_Buffers_bytes node_memory_Cached_bytes
		node_memory_SReclaimable_bytes node_memory_Slab_bytes node_memory_PageTables_bytes node_memory_SwapTotal_bytes node_memory_SwapFree_bytes
		node_memory_SwapCached_bytes node_memory_HardwareCorrupted_bytes
		node_disk_io_time_seconds_total node_disk_read_bytes_total node_disk_written_bytes_total node_disk_reads_completed_total node_disk_writes_completed_total
		node_filesystem_size_bytes node_filesystem_avail_bytes node_filesystem_free_bytes
		node_network_receive_bytes_total node_network_transmit_bytes_total node_network_speed_bytes
		node_pressure_cpu_waiting_seconds_total node_pressure_memory_waiting_seconds_total node_pressure_memory_stalled_seconds_total
		node_pressure_io_waiting_seconds_total node_pressure_io_stalled_seconds_total node_pressure_irq_stalled_seconds_total`)
	if len(names) != 35 {
		t.Errorf("%d names", len(names))
	}
	for _, name := range names {
		if families[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	// What the panels select by.
	for _, want := range []struct {
		v      float64
		name   string
		labels []string
	}{
		{1, "node_uname_info", []string{"nodename", "mon", "release", "6.1.0-18-amd64", "sysname", "Linux", "machine", "x86_64"}},
		{90000, "node_cpu_seconds_total", []string{"cpu", "0", "mode", "idle"}},
		{0.25, "node_cpu_guest_seconds_total", []string{"cpu", "0", "mode", "nice"}},
		{100 << 30, "node_filesystem_size_bytes", []string{"mountpoint", "/", "fstype", "ext4", "device", "/dev/nvme0n1p2"}},
		{6_453_600, "node_filesystem_files_free", []string{"mountpoint", "/"}},
		{1, "node_filesystem_device_error", []string{"mountpoint", "/mnt/gone"}},
		{1 << 40, "node_network_receive_bytes_total", []string{"device", "eth0"}},
		{0, "node_network_up", []string{"device", "lo"}},
		{8, "node_memory_HugePages_Total", nil},
		{3 << 30, "node_memory_Active_anon_bytes", nil},
		{3 * 4096, "node_sockstat_TCP_mem_bytes", nil},
		{2048, "node_disk_discarded_sectors_total", []string{"device", "nvme0n1"}},
		{100, "node_hwmon_temp_crit_celsius", []string{"chip", "platform_coretemp_0", "sensor", "temp1"}},
		{1, "node_hwmon_chip_names", []string{"chip", "platform_nct6775_656", "chip_name", "nct_6775"}},
	} {
		if got, ok := sample(families, want.name, want.labels...); !ok || got != want.v {
			t.Errorf("%s%v: got %v, %v, want %v", want.name, want.labels, got, ok, want.v)
		}
	}
}

// TestLint: promtool has nothing to say of our own names. What it says of node_exporter's is history, each line with
// its reason.
func TestLint(t *testing.T) {
	history := []struct{ name, problem, why string }{
		{`^node_memory_[A-Za-z0-9_]+$`, `camelCase`, "the kernel's keys of /proc/meminfo"},
		{`^node_netstat_[A-Za-z0-9_]+$`, `camelCase`, "the kernel's keys of /proc/net/snmp and netstat"},
	}
	problems, err := promlint.New(strings.NewReader(text(t, exporter(t), madeUp()))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		known := false
		for _, h := range history {
			known = known || regexp.MustCompile(h.name).MatchString(p.Metric) && strings.Contains(p.Text, h.problem)
		}
		if !known {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestHostileNames(t *testing.T) {
	families := parse(t, text(t, exporter(t), madeUp()))
	if got, ok := sample(families, "node_filesystem_readonly", "mountpoint", "/srv/photos & "+hostile); !ok || got != 1 {
		t.Errorf("the hostile mount: got %v, %v", got, ok)
	}
	if _, ok := sample(families, "node_network_receive_bytes_total", "device", "tun\uFFFD0"); !ok {
		t.Error("the name that is not UTF-8 is missing")
	}
	if families["x"] != nil {
		t.Error("a name has become a metric")
	}
	if got, _ := sample(families, "fivewire_samples_left_out"); got != 0 {
		t.Errorf("%v samples are left out", got)
	}
}

// Two devices of one name: the first stays, the second is counted.
func TestDuplicates(t *testing.T) {
	s := madeUp()
	s.Disks[1].Name = s.Disks[0].Name
	families := parse(t, text(t, exporter(t), s))
	if got, ok := sample(families, "node_disk_reads_completed_total", "device", "nvme0n1"); !ok || got != 1000 {
		t.Errorf("got %v, %v", got, ok)
	}
	if n := len(families["node_disk_reads_completed_total"].Metric); n != 1 {
		t.Errorf("%d samples", n)
	}
	if got, _ := sample(families, "fivewire_samples_left_out"); got != 11 { // of 11 families
		t.Errorf("%v samples are left out", got)
	}
	if families["node_load1"] == nil {
		t.Error("another family is gone")
	}
}

// Figures that nobody can write cost themselves and no other subject.
func TestFault(t *testing.T) {
	s := madeUp()
	s.Memory.Kernel.Values = s.Memory.Kernel.Values[:2]
	families := parse(t, text(t, exporter(t), s))
	if got, _ := sample(families, "fivewire_samples_left_out"); got != 1 {
		t.Errorf("%v samples are left out", got)
	}
	for _, name := range []string{"node_memory_MemTotal_bytes", "node_cpu_seconds_total", "node_sockstat_sockets_used", "fivewire_units"} {
		if families[name] == nil {
			t.Errorf("%s is gone", name)
		}
	}
}

func TestUnknownIsLeftOut(t *testing.T) {
	families := parse(t, text(t, exporter(t), &collector.Snapshot{
		CPU: &collector.CPU{Cores: []collector.Core{{Name: "cpu0"}}}, Memory: &collector.Memory{}, Pressure: &collector.Pressure{CPU: &collector.Stall{}},
		Processes: &collector.Processes{Total: 3}, Self: &collector.Self{}, Container: &collector.Cgroup{}, Sockets: &collector.Sockets{},
	}))
	for name := range families {
		if strings.HasPrefix(name, "node_") && name != "node_time_seconds" && name != "node_processes_pids" || strings.HasPrefix(name, "fivewire_container_") && name != "fivewire_container_info" ||
			name == "process_cpu_seconds_total" || name == "process_start_time_seconds" {
			t.Errorf("%s is there: %v", name, families[name].Metric)
		}
	}
}

func TestSources(t *testing.T) {
	families := parse(t, text(t, exporter(t), madeUp()))
	for source, want := range map[string][2]float64{"cpu": {1, 0}, "filesystems": {0, 0}, "load": {0, 0}, "users": {-1, 1}, "scopes": {-1, -1}} {
		for i, name := range []string{"fivewire_source_success", "fivewire_source_missing"} {
			got, ok := sample(families, name, "source", source)
			if !ok {
				got = -1
			}
			if got != want[i] {
				t.Errorf("%s of %s: got %v, want %v", name, source, got, want[i])
			}
		}
	}
}

// The whole of each subject is on some page, under its own prefix.
func TestOwn(t *testing.T) {
	families := parse(t, text(t, exporter(t), madeUp()))
	for _, want := range []struct {
		v      float64
		name   string
		labels []string
	}{
		{0.5, "fivewire_snapshot_age_seconds", nil},
		{2, "fivewire_viewers", []string{"transport", "sse"}},
		{0, "fivewire_viewers", []string{"transport", "streaming"}},
		{430_000, "fivewire_wire_bytes_total", []string{"transport", "sse", "direction", "out"}},
		{120, "fivewire_messages_delivered_total", nil},
		{7, "fivewire_gc_cycles_total", nil},
		{1, "fivewire_verdict", []string{"state", "busy"}},
		{0, "fivewire_verdict", []string{"state", "bad"}},
		{1, "fivewire_verdict_resource", []string{"resource", "io"}},
		{0.25, "fivewire_container_cpu_cores", nil},
		{3, "fivewire_container_oom_kills_total", nil},
		{1, "fivewire_container_pressure_stalled_seconds_total", []string{"resource", "cpu"}},
		{7, "fivewire_neighbour_pressure_waiting_seconds_total", []string{"name", "web", "path", "/web", "resource", "io"}},
		{1 << 30, "fivewire_neighbour_memory_limit_bytes", []string{"name", "db"}},
		{12, "fivewire_unit_tasks", []string{"unit", "postgresql.service"}},
		{0.5, "fivewire_gpu_busy_ratio", []string{"gpu", "GPU-1"}},
		{1, "fivewire_battery_state", []string{"battery", "BAT0", "state", "discharging"}},
		{1.25, "process_cpu_seconds_total", nil},
		{1024, "process_max_fds", nil},
	} {
		if got, ok := sample(families, want.name, want.labels...); !ok || got != want.v {
			t.Errorf("%s%v: got %v, %v, want %v", want.name, want.labels, got, ok, want.v)
		}
	}
}

// Which of the kernel's counters there are is for the collector to say: what is in its tables is on the page.
func TestTables(t *testing.T) {
	s := madeUp()
	s.Sockets.Netstat = table("Ip_InReceives", 5, "TcpExt_TCP-Odd", 7)
	families := parse(t, text(t, exporter(t), s))
	for name, want := range map[string]float64{"node_netstat_Ip_InReceives": 5, "node_netstat_TcpExt_TCP_Odd": 7} {
		if got, ok := sample(families, name); !ok || got != want {
			t.Errorf("%s: got %v, %v", name, got, ok)
		}
	}
}

// Whatever a verdict is about, there is one sample that says so.
func TestVerdictResources(t *testing.T) {
	for _, resource := range collector.VerdictResources() {
		families := parse(t, text(t, exporter(t), &collector.Snapshot{Verdict: &collector.Verdict{State: "bad", Resource: resource}}))
		total := 0.0
		for _, m := range families["fivewire_verdict_resource"].GetMetric() {
			total += value(m)
		}
		if got, ok := sample(families, "fivewire_verdict_resource", "resource", resource); !ok || got != 1 || total != 1 {
			t.Errorf("%s: got %v, %v, and %v in all", resource, got, ok, total)
		}
	}
}

func TestFormats(t *testing.T) {
	const prometheus3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5," +
		"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
	e, s := exporter(t), madeUp()
	for _, test := range []struct {
		accept string
		gzip   bool
		kind   string
	}{
		{"", false, "text/plain; version=0.0.4; charset=utf-8"},
		{"*/*", false, "text/plain; version=0.0.4; charset=utf-8"},
		{"application/json", false, "text/plain; version=0.0.4; charset=utf-8"},
		{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", false, "text/plain; version=0.0.4; charset=utf-8"},
		{prometheus3, true, "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"},
		{"application/openmetrics-text;version=0.0.1", true, "application/openmetrics-text; version=0.0.1; charset=utf-8"},
	} {
		a, err := e.Page(s, madeUpFacts, test.accept, test.gzip)
		if err != nil || !strings.HasPrefix(a.ContentType, test.kind) {
			t.Errorf("%s: got %s, %v", test.accept, a.ContentType, err)
		}
		body := a.Body
		if test.gzip {
			zip, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil || a.Encoding != "gzip" {
				t.Fatalf("%s: %q, %v", test.accept, a.Encoding, err)
			}
			if body, err = io.ReadAll(zip); err != nil {
				t.Fatal(err)
			}
		} else if a.Encoding != "" {
			t.Errorf("%s: got %q", test.accept, a.Encoding)
		}
		if open := bytes.HasSuffix(body, []byte("# EOF\n")); open != strings.HasPrefix(test.kind, "application/openmetrics") {
			t.Errorf("%s ends in %q", test.kind, body[len(body)-20:])
		}
	}
}

// A crowd of scrapers costs one page.
func TestSharing(t *testing.T) {
	e, s := exporter(t), madeUp()
	made := 0
	facts := func() Facts { made++; return madeUpFacts() }
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			for _, accept := range []string{"", "application/openmetrics-text;version=1.0.0"} {
				if a, err := e.Page(s, facts, accept, true); err != nil || len(a.Body) == 0 {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if made < 2 || made > 8 { // two formats; a slow machine may take longer than a page lives
		t.Errorf("%d pages", made)
	}
	before, other := made, madeUp()
	if _, err := e.Page(other, facts, "", false); err != nil || made != before+1 {
		t.Errorf("another snapshot got the same page: %d, %v", made, err)
	}
	e.pages[0].made = e.pages[0].made.Add(-2 * shared)
	if _, err := e.Page(other, facts, "", false); err != nil || made != before+2 {
		t.Errorf("an old page was given out: %d, %v", made, err)
	}
}

func TestNames(t *testing.T) {
	for key, want := range map[string]string{
		"MemTotal": "node_memory_MemTotal_bytes", "Active(file)": "node_memory_Active_file_bytes", "HugePages_Rsvd": "node_memory_HugePages_Rsvd",
		"Hugepagesize": "node_memory_Hugepagesize_bytes", "a b{": "node_memory_a_b__bytes", "": "node_memory__bytes",
	} {
		if got := memoryName(key); got != want {
			t.Errorf("%q: got %s", key, got)
		}
	}
	for _, test := range [][2]string{{"coretemp", "coretemp"}, {"NCT-6775", "nct_6775"}, {" acpi:tz\n", "acpi:tz"}, {"é", ""}} {
		if got := (&collector.Sensor{Chip: test[0]}).ChipName(); got != test[1] {
			t.Errorf("%q: got %q", test[0], got)
		}
	}
	for _, test := range [][3]string{{"linux", "arm64", "aarch64"}, {"darwin", "arm64", "arm64"}, {"freebsd", "amd64", "amd64"}, {"linux", "riscv64", "riscv64"}, {"linux", "arm", ""}} {
		if got := machine(&collector.Host{OS: test[0], Arch: test[1]}); got != test[2] {
			t.Errorf("%v: got %q", test, got)
		}
	}
}

// One sample that is left out counts as much as each of many.
func TestOneLeftOut(t *testing.T) {
	zone := collector.Sensor{Chip: "acpitz", Kind: "temperature", Value: collector.Known(50), Device: "thermal_zone0", Input: "temp1"}
	for n := range 4 {
		s := &collector.Snapshot{Sensors: []collector.Sensor{zone}}
		for range n {
			s.Sensors = append(s.Sensors, zone)
		}
		if got, _ := sample(parse(t, text(t, exporter(t), s)), "fivewire_samples_left_out"); got != float64(n) {
			t.Errorf("%d are there twice, and %g are left out", n, got)
		}
	}
}
