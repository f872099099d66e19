package collector

import (
	"context"
	"os"
	"os/exec"
	"reflect"
	"testing"
	"time"
)

// TestShortage: what was there is not taken for gone, and not for something else, because there was no descriptor to look at
// it with, and what comes into sight meanwhile is read in full afterwards.
func TestShortage(t *testing.T) {
	if testing.Short() {
		t.Skip("starts another program")
	}
	const child = "COLLECTOR_TEST_SHORTAGE"
	if os.Getenv(child) == "" { // the limit is the process's
		t.Parallel()
		cmd := exec.Command(os.Args[0], "-test.run=^TestShortage$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	limitDescriptors(t)
	for _, tt := range []struct {
		name string
		make func(t *testing.T) (source Source, again func())
		show func(*Snapshot) any
	}{
		{"units", func(t *testing.T) (Source, func()) {
			u := newUnitReader(aSystemd2(3).write(t))
			return Source{Read: u.read}, func() { u.listed = time.Time{} }
		}, func(s *Snapshot) any {
			names := map[string][2]Number{}
			for _, u := range s.Units.Top {
				names[u.Name] = [2]Number{u.Memory, u.Tasks}
			}
			return []any{s.Units.Total, names}
		}},
		{"batteries", func(t *testing.T) (Source, func()) {
			b := &batteryReader{roots: aLaptop.write(t)}
			return Source{Read: b.read}, func() { b.listed = time.Time{} }
		}, func(s *Snapshot) any { return s.Batteries }},
		{"sensors", func(t *testing.T) (Source, func()) {
			r := aBoard.write(t)
			linkSensors(t, r, boardLinks)
			b := &sensorBoard{roots: r, patience: chipPatience}
			return Source{Read: b.read}, func() { b.listed = time.Time{} }
		}, func(s *Snapshot) any { return s.Sensors }},
		{"sensors found before", func(t *testing.T) (Source, func()) {
			r := aBoard.write(t)
			linkSensors(t, r, boardLinks)
			b := &sensorBoard{roots: r, patience: chipPatience, listed: time.Now()}
			if err := b.list(); err != nil {
				t.Fatal(err)
			}
			return Source{Read: b.read}, func() {}
		}, func(s *Snapshot) any { return s.Sensors }},
		{"frequency", func(t *testing.T) (Source, func()) {
			return frequencySource(cpufreq(tree{}, 0, "1000000", "schedutil").write(t)), func() {}
		}, func(s *Snapshot) any { return *s.Frequency }},
		{"users", func(t *testing.T) (Source, func()) {
			return userSource(tree{"root/run/systemd/sessions/1": aSession, "proc/77/": ""}.write(t)), func() {}
		}, func(s *Snapshot) any { return s.Users }},
		{"networks", func(t *testing.T) (Source, func()) {
			n := newNetworkReader(netHost.write(t))
			return Source{Read: n.read}, func() {
				for _, d := range n.table.devices {
					d.askedAt = time.Time{}
				}
			}
		}, func(s *Snapshot) any {
			facts := map[string]any{}
			for _, n := range s.Networks {
				facts[n.Name] = []any{n.Virtual, n.State, n.Speed, n.MTU, n.Carrier}
			}
			return facts
		}},
		{"disks", func(t *testing.T) (Source, func()) {
			d := &diskReader{roots: tree{
				"proc/diskstats":             stats("sda", 5, "vx0", 5),
				"sys/block/sda/device/model": "Disk\n", "sys/block/vx0/slaves/sda/": "",
			}.write(t)}
			d.stats.path = d.roots.ofProc("diskstats")
			return Source{Read: func(context.Context) (Part, error) {
				if part, err := d.read(); part != nil {
					return part, err
				} else {
					return nil, err
				}
			}}, func() { d.looked = time.Time{} }
		}, func(s *Snapshot) any {
			facts := map[string]any{}
			for _, d := range s.Disks {
				facts[d.Name] = []any{d.Label, d.Counted}
			}
			return facts
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reference, _ := tt.make(t)
			read(t, reference) // what it reads of each at the first time only
			s := read(t, reference)
			want := tt.show(&s)
			for _, early := range []bool{false, true} { // whether it is short from the start
				source, again := tt.make(t)
				if !early {
					read(t, source)
				}
				var all descriptors
				all.take(t)
				for range 3 {
					again()
					part, err := source.Read(t.Context())
					all.take(t) // those that it has given back
					if isMissing(err) {
						t.Errorf("short from the start %t: taken for missing: %v", early, err)
					}
					if early || part == nil {
						continue
					}
					var s Snapshot
					part.AddTo(&s)
					if got := tt.show(&s); !reflect.DeepEqual(got, want) {
						t.Errorf("got  %+v, error %v\nwant %+v", got, err, want)
					}
				}
				all.give()
				again()
				source.Read(t.Context())
				s := read(t, source)
				if got := tt.show(&s); !reflect.DeepEqual(got, want) {
					t.Errorf("short from the start %t, and not any more:\ngot  %+v\nwant %+v", early, got, want)
				}
			}
		})
	}
	t.Run("stacked devices", func(t *testing.T) {
		s := newStackedDevices(tree{"sys/dev/block/253:0/slaves/sda/": ""}.write(t))
		if !s.has([]byte("253:0")) {
			t.Error("not found")
		}
		s.since = time.Time{}
		var all descriptors
		all.take(t)
		if !s.has([]byte("253:0")) {
			t.Error("what passes through a volume counts all at once")
		}
		all.give()
	})
}
