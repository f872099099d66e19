package metrics

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fivewire/fivewire/collector"
)

// What a source read long ago and cannot read any more is not on the page; that the source is not well is.
func TestStaleIsLeftOut(t *testing.T) {
	known := collector.Known
	for _, test := range []struct {
		name           string
		state          collector.SourceState
		interval       float64
		family         string
		there, success bool
	}{
		{"long ago", collector.SourceState{Name: "load", Error: "no answer for 26h0m0s", Age: known(93_600)}, 1, "node_load1", false, false},
		{"five periods", collector.SourceState{Name: "load", Error: "x", Age: known(5)}, 1, "node_load1", true, false},
		{"six periods", collector.SourceState{Name: "load", Error: "x", Age: known(6)}, 1, "node_load1", false, false},
		{"of slow ticks", collector.SourceState{Name: "load", Error: "x", Age: known(200)}, 60, "node_load1", true, false},
		{"of fast ticks", collector.SourceState{Name: "load", Error: "x", Age: known(2)}, 0.1, "node_load1", true, false},
		{"partial", collector.SourceState{Name: "load", Error: "x", Age: known(300), Partial: true}, 1, "node_load1", true, false},
		{"read seldom", collector.SourceState{Name: "filesystems", Error: "x", Age: known(45)}, 1, "node_filesystem_size_bytes", true, false},
		{"read too seldom", collector.SourceState{Name: "filesystems", Error: "x", Age: known(60)}, 1, "node_filesystem_size_bytes", false, false},
		{"of another", collector.SourceState{Name: "mine", Error: "x", Age: known(60)}, 1, "node_load1", true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := madeUp()
			s.Interval, s.Sources = known(test.interval), []collector.SourceState{test.state}
			families := parse(t, text(t, exporter(t), s))
			if got := families[test.family] != nil; got != test.there {
				t.Errorf("%s is there: %v", test.family, got)
			}
			source := test.state.Name
			if test.success {
				source = "load"
			}
			if got, ok := sample(families, "fivewire_source_success", "source", source); !ok || got == 1 != test.success {
				t.Errorf("success of %s: %v, %v", source, got, ok)
			}
			if got, ok := sample(families, "fivewire_source_age_seconds", "source", test.state.Name); !ok || known(got) != test.state.Age {
				t.Errorf("age: %v, %v", got, ok)
			}
			if s.Load == nil || s.Filesystems == nil {
				t.Error("the snapshot itself has changed")
			}
		})
	}
}

// Every default source is left out alone when it is old, and with all of them old nothing of the host is left.
func TestEachSourceIsLeftOut(t *testing.T) {
	s := madeUp()
	s.Users, s.Scopes = []collector.User{{Name: "ann"}}, &collector.Scopes{}
	s.Memory.Kernel = collector.Table{} // so that swap is written as well
	s.FailedUnits = &collector.FailedUnits{}
	s.Sources = nil
	all := parse(t, text(t, exporter(t), s))
	var states []collector.SourceState
	for _, source := range append(collector.DefaultSources(), collector.Source{Name: "swap"}) {
		old := *s
		old.Sources = []collector.SourceState{{Name: source.Name, Error: "x", Age: collector.Known(1e6)}}
		states = append(states, old.Sources...)
		families := parse(t, text(t, exporter(t), &old))
		n := 0
		for name := range all {
			if families[name] == nil && name != "fivewire_source_age_seconds" {
				n++
			}
		}
		switch source.Name {
		case "users", "scopes", "uptime": // of which there is nothing but in fivewire_source_*
		default:
			if n == 0 {
				t.Errorf("%s: nothing is left out", source.Name)
			}
		}
	}
	s.Sources = states
	families := parse(t, text(t, exporter(t), s))
	left := slices.DeleteFunc(slices.Sorted(maps.Keys(families)), func(name string) bool {
		return !isOfHost(name)
	})
	if len(left) > 0 {
		t.Errorf("with all sources old there is %s", strings.Join(left, " "))
	}
}

func isOfHost(name string) bool {
	for _, prefix := range []string{"node_time_seconds", "go_info", "fivewire_source_", "fivewire_samples_", "fivewire_snapshot_", "fivewire_build_",
		"fivewire_gc_", "fivewire_alert_", "fivewire_messages_", "fivewire_backlog_", "fivewire_viewers", "fivewire_wire_", "fivewire_verdict"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return true
}

// What is in a file or in memory is no disk of its own for whoever sums disks.
func TestLoopDevicesAreLeftOut(t *testing.T) {
	s := madeUp()
	s.Disks = append(s.Disks, collector.Disk{Name: "loop7", Kind: "loop"}, collector.Disk{Name: "zram0", Kind: "zram"})
	page := text(t, exporter(t), s)
	if strings.Contains(page, "loop7") || strings.Contains(page, "zram0") || !strings.Contains(page, `device="nvme0n1"`) {
		t.Error("loop devices are listed, or disks are not")
	}
}
