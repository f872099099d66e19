package alert

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// A host is looked at once a second.
type host struct {
	t *testing.T
	*Watch
	at     time.Time
	second int
	events []string
}

func newHost(t *testing.T, off ...string) *host {
	w, err := New(off)
	if err != nil {
		t.Fatal(err)
	}
	return &host{t: t, Watch: w, at: time.UnixMilli(1_800_000_000_000)}
}

// look feeds snapshots for so many seconds.
func (h *host) look(seconds int, s collector.Snapshot) *host {
	return h.every(seconds, 1, s)
}

func (h *host) every(seconds, interval int, s collector.Snapshot) *host {
	for range seconds / interval {
		h.second += interval
		h.at = h.at.Add(time.Duration(interval) * time.Second)
		s.At, s.Interval = h.at, collector.Known(float64(interval))
		for _, e := range h.Look(&s) {
			what := "began"
			if e.Ended > 0 {
				what = "ended"
			} else if !e.Mark {
				what = "told"
			}
			if !e.Tell {
				what += " silently"
			}
			h.events = append(h.events, fmt.Sprintf("%d: %s %s %s", h.second, what, e.Rule, e.Subject))
		}
	}
	return h
}

// is checks what has come since the last time.
func (h *host) is(want ...string) {
	h.t.Helper()
	if got := fmt.Sprint(h.events); got != fmt.Sprint(want) {
		h.t.Errorf("got %q, want %q", h.events, want)
	}
	h.events = nil
}

func healthy() collector.Snapshot { return collector.Snapshot{} }

func memory20(some60 float64) collector.Snapshot {
	return collector.Snapshot{Pressure: &collector.Pressure{Memory: &collector.Stall{Some60: collector.Known(some60)}}}
}

func disk(mount string, used float64, readOnly bool) collector.Filesystem {
	const total = 100 << 30
	return collector.Filesystem{Mount: mount, Total: total, Used: uint64(used * total), Available: uint64((1 - used) * total),
		UsedRatio: collector.Known(used), ReadOnly: readOnly}
}

func disks(list ...collector.Filesystem) collector.Snapshot {
	return collector.Snapshot{Filesystems: list}
}

func TestHoldAndLinger(t *testing.T) {
	h := newHost(t)
	h.look(100, memory20(0.01)).look(59, memory20(0.3)).look(100, memory20(0.01)).is() // not for long enough
	h.look(60, memory20(0.3)).is()
	h.look(1, memory20(0.3)).is("320: began memory-pressure ")
	if a := h.States(h.at)[1]; a.State != Firing || a.Alerts[0].Since != h.at.UnixMilli()-60_000 || !strings.Contains(a.Alerts[0].Text, "30 % of the last minute") {
		t.Errorf("got %+v", a)
	}
	// It goes up and down: around the threshold, and below the easier one for less than its linger.
	for range 20 {
		h.look(30, memory20(0.15)).look(30, memory20(0.25)).look(200, memory20(0.01))
	}
	h.is()
	h.look(299, memory20(0.01)).is("5621: ended memory-pressure ")
	if f := h.Fired(); len(f) != 1 || f[0].Ended != f[0].Began+5621_000-260_000 {
		t.Errorf("got %+v", f)
	}
}

// Text and value are of one moment: while what was wrong is over, and when its end is told, the text has both figures.
func TestTextTellsItsValue(t *testing.T) {
	full, free := disks(disk("/", 0.99, false)), disks(disk("/", 0.08, false))
	h := newHost(t)
	h.look(100, full).look(30, free).is("61: began filesystem-full /")
	const both = "/ is full to 99 %; now 8 %"
	told := func(now *host) {
		t.Helper()
		if a := now.States(now.at)[3].Alerts[0]; a.Text != both || a.Value != 0.08 || a.Beyond != 0.99 || !a.Ending {
			t.Errorf("got %+v, want the text %q", a, both)
		}
	}
	told(h)
	if f := h.Fired()[0]; f.Text != "/ is full to 99 %" || f.Value != 0.99 {
		t.Errorf("got %+v of when it fired", f)
	}
	again := h.restart()
	if a := again.States(again.at)[3].Alerts[0]; a.Text != "/ is full to 99 %" || a.Value != 0.99 || a.Ending {
		t.Errorf("after a restart, before there is a reading, got %+v", a)
	}
	again.look(10, free)
	told(again)
	h.look(1, disks(disk("/", 0.94, false)))
	if a := h.States(h.at)[3].Alerts[0]; a.Text != "/ is full to 99 %; now 94 %" || a.Ending {
		t.Errorf("between the thresholds got %+v", a)
	}
	h.look(1, full)
	if a := h.States(h.at)[3].Alerts[0]; a.Text != "/ is full to 99 %" || a.Value != a.Beyond || a.Ending {
		t.Errorf("beyond it again got %+v", a)
	}
	h.look(60, free)
	free.At, free.Interval = h.at.Add(time.Second), collector.Known(1.0)
	if events := h.Look(&free); len(events) != 1 || events[0].Ended == 0 || events[0].Text != both || events[0].Value != 0.08 {
		t.Errorf("it ended as %+v, want the text %q", events, both)
	}
}

func TestGraceAndMoments(t *testing.T) {
	h := newHost(t)
	killed := healthy()
	killed.Marks = []collector.Mark{{At: 1, Kind: collector.MarkOOM, Text: "the kernel killed postgres"}}
	h.look(2, healthy()).look(1, killed).is("3: began out-of-memory ")
	if a := h.States(h.at)[6].Alerts; len(a) != 1 || a[0].Text != "the kernel killed postgres" {
		t.Errorf("got %+v", a)
	}
	h.look(599, healthy()).look(1, killed).look(599, healthy()).is()
	if a := h.States(h.at)[6].Alerts; len(a) != 1 || a[0].Text != "the kernel killed postgres" {
		t.Errorf("got %+v", a)
	}
	h.look(2, healthy()).is("1204: ended out-of-memory ")
}

func TestSubjectsApart(t *testing.T) {
	h := newHost(t)
	h.look(100, disks(disk("/", 0.5, false), disk("/boot", 0.96, false)))
	h.is("61: began filesystem-full /boot")
	h.look(70, disks(disk("/", 0.97, false), disk("/boot", 0.96, false)))
	h.is("161: began filesystem-full /")
	if s := h.States(h.at)[3]; s.Subject != "/" || len(s.Alerts) != 2 || s.State != Firing {
		t.Errorf("got %+v", s)
	}
	h.look(70, disks(disk("/", 0.5, false))) // the other one is unmounted
	h.is("231: ended filesystem-full /", "231: ended filesystem-full /boot")
	h.look(100, disks(disk("/", 0.5, false), disk("/cd", 1, true))).is() // it was made to be full
}

// A rule that fires because of what is gone does not show the value of what is well.
func TestGoneSubject(t *testing.T) {
	h := newHost(t)
	h.look(61, disks(disk("/", 0.28, false), disk("/mnt", 1, false))).is("61: began filesystem-full /mnt")
	h.look(30, disks(disk("/", 0.28, false))).is()
	if s := h.States(h.at)[3]; s.State != Firing || s.Value != collector.Known(1) || s.Subject != "/mnt" {
		t.Errorf("got %+v", s)
	}
	h.look(31, disks(disk("/", 0.28, false))).is("122: ended filesystem-full /mnt")
	if s := h.States(h.at)[3]; s.State != OK || s.Value != collector.Known(0.28) || s.Subject != "/" {
		t.Errorf("got %+v", s)
	}
}

func TestReadOnly(t *testing.T) {
	h := newHost(t)
	h.look(60, disks(disk("/", 0.5, false), disk("/usr", 0.5, true))).is()
	h.look(60, disks(disk("/", 0.5, true), disk("/usr", 0.5, true))).is("71: began filesystem-readonly /")
	h.look(60, disks(disk("/", 0.5, false), disk("/usr", 0.5, true))).is("131: ended filesystem-readonly /")
}

// What is full for the verdict is full for the alert, and the other way round.
func TestFullAsTheVerdict(t *testing.T) {
	inMemory, large, vast := disk("/tmp", 1, false), disk("/srv", 0.96, false), disk("/archive", 0.96, false)
	inMemory.InMemory = true
	large.Total, large.Available = 1<<40, 40<<30
	vast.Total, vast.Available = 10<<40, 400<<30
	h := newHost(t)
	h.look(100, disks(disk("/", 0.5, false), inMemory)).is("61: began filesystem-full /tmp")
	h = newHost(t)
	h.look(100, disks(disk("/", 0.5, false), large)).is("61: began filesystem-full /srv")
	h = newHost(t)
	h.look(100, disks(disk("/", 0.5, false), vast)).is()
	if s := h.States(h.at)[3]; s.State != OK || s.Subject != "/" {
		t.Errorf("got %+v", s)
	}
	for _, f := range []collector.Filesystem{inMemory, large, vast} {
		if news := f.Full() >= 0.95; news != (f.Mount != "/archive") {
			t.Errorf("%s is full for the verdict: %v", f.Mount, news)
		}
	}
	vast.Available = 20 << 30
	h.look(61, disks(vast)).is("161: began filesystem-full /archive")
	vast.Available = 60 << 30 // somebody has made room
	h.look(61, disks(vast)).is("222: ended filesystem-full /archive")

	h = newHost(t) // nobody is told that a tmpfs fills
	for i := range 200 {
		inMemory.Used, inMemory.Available = uint64(i)<<28, uint64(400-i)<<28
		inMemory.UsedRatio = collector.Known(float64(i) / 400)
		h.every(60, 10, disks(inMemory))
	}
	h.is()
}

func TestFilling(t *testing.T) {
	h := newHost(t)
	at := func(used float64) collector.Snapshot { return disks(disk("/", used, false)) }
	for i := range 60 { // 1 % an hour: full in days
		h.every(60, 10, at(0.10+float64(i)*0.01/60))
	}
	h.is()
	for i := range 40 { // a copy of a quarter of an hour, which ends
		h.every(60, 10, at(0.11+float64(min(i, 15))*0.01))
	}
	h.is()
	for i := range 180 { // 6 % an hour: full in half a day
		h.every(60, 10, at(0.26+float64(i)*0.06/60))
	}
	if len(h.events) != 1 || !strings.Contains(h.events[0], "began filesystem-filling /") {
		t.Errorf("got %q", h.events)
	}
	h.events = nil
	for range 120 { // somebody has cleaned up
		h.every(60, 10, at(0.2))
	}
	if len(h.events) != 1 || !strings.Contains(h.events[0], "ended filesystem-filling /") {
		t.Errorf("got %q", h.events)
	}
}

func TestHealth(t *testing.T) {
	h := newHost(t)
	s := healthy()
	s.Sources = []collector.SourceState{{Name: "gpus", Missing: true}, {Name: "filesystems", Error: "some", Partial: true}}
	h.look(600, s).is()
	s.Sources = append(s.Sources, collector.SourceState{Name: "history", Error: "history cannot be written"})
	h.look(301, s).is("901: began own-health history")
	h.look(62, healthy()).is("962: ended own-health history")
	h.every(600, 3, healthy()) // two of three snapshots are lost
	if len(h.events) != 1 || !strings.Contains(h.events[0], "began own-health time") {
		t.Errorf("got %q", h.events)
	}
}

// A collector's first snapshot comes 250 ms after its start and the next ones on the grid: the first interval is a piece of one.
func TestShortFirstInterval(t *testing.T) {
	for _, first := range []float64{0.001, 0.05, 0.25, 0.285} {
		w, err := New(nil)
		if err != nil {
			t.Fatal(err)
		}
		s := healthy()
		at := time.UnixMilli(1_800_000_000_000)
		for i := range 4000 {
			interval := 0.25 + first
			if i == 1 {
				interval = first
			}
			if i > 0 {
				s.Interval = collector.Known(interval)
			}
			at = at.Add(time.Duration(interval * float64(time.Second)))
			s.At = at
			if events := w.Look(&s); len(events) > 0 {
				t.Fatalf("the first interval is %g s, the others %g s: %+v", first, interval, events)
			}
		}
	}
}

func TestHeatAndFailures(t *testing.T) {
	h := newHost(t)
	s := healthy()
	s.Sensors = []collector.Sensor{{Chip: "coretemp", Label: "Package", Kind: "temperature", Value: collector.Known(101), Critical: collector.Known(100)}}
	s.FailedUnits = &collector.FailedUnits{}
	h.look(61, s).is("61: began too-hot coretemp Package")
	s.FailedUnits = &collector.FailedUnits{Total: 2, Names: []string{"backup.service", "nightly.service"}}
	h.look(11, s).is("72: began unit-failed backup.service", "72: began unit-failed nightly.service")
	s.FailedUnits = &collector.FailedUnits{Total: 1, Names: []string{"nightly.service"}}
	h.look(61, s).is("83: ended unit-failed backup.service")
}

// Sensors of one name are several subjects, and stay so while one of them says nothing.
func TestNamesakes(t *testing.T) {
	composite := func(id string, v collector.Number) collector.Sensor {
		return collector.Sensor{ID: id, Chip: "nvme", Label: "Composite", Kind: "temperature", Value: v, Critical: collector.Known(100)}
	}
	h := newHost(t)
	s := healthy()
	s.Sensors = []collector.Sensor{composite("a/temp1", collector.Known(101)), composite("b/temp1", collector.Known(40))}
	h.look(61, s).is("61: began too-hot nvme Composite (a/temp1)")
	s.Sensors[1].Value = collector.Number{}
	h.look(61, s).is()
	s.Sensors[1].Value = collector.Known(102)
	h.look(61, s).is("183: began too-hot nvme Composite (b/temp1)")
}

// What is milder than another reading of the same subject does not hide it, whichever comes first: mounts over mounts.
func TestWorstOfASubject(t *testing.T) {
	h := newHost(t)
	h.look(61, disks(disk("/mnt", 0.99, false), disk("/mnt", 0.1, false))).is("61: began filesystem-full /mnt")
	h = newHost(t)
	h.look(61, disks(disk("/mnt", 0.1, false), disk("/mnt", 0.99, false))).is("61: began filesystem-full /mnt")
}

func TestUnknown(t *testing.T) {
	h := newHost(t)
	h.look(100, memory20(0.5)).is("61: began memory-pressure ")
	h.look(60, healthy()).look(1, memory20(0.5)).is()
	h.look(61, healthy()).is("222: ended silently memory-pressure ")
	if s := h.States(h.at)[1]; s.State != Unknown {
		t.Errorf("got %+v", s)
	}
	stale := memory20(0.5)
	stale.Sources = []collector.SourceState{{Name: "pressure", Error: "no answer"}}
	h.look(100, stale).is()
}

// A mount whose server is away is full still, as far as anybody knows. One that answers again says so itself, and one that is gone is gone.
func TestSubjectDoesNotAnswer(t *testing.T) {
	away := collector.Filesystem{Mount: "/nfs", Stale: true}
	h := newHost(t)
	h.look(61, disks(disk("/", 0.3, false), disk("/nfs", 0.97, false))).is("61: began filesystem-full /nfs")
	h.look(3600, disks(disk("/", 0.3, false), away)).is()
	if s := h.States(h.at)[3]; s.State != Firing || s.Value != collector.Known(0.97) {
		t.Errorf("got %+v", s)
	}
	h.look(100, disks(disk("/", 0.3, false), disk("/nfs", 0.97, false))).is()
	h.look(61, disks(disk("/", 0.3, false), disk("/nfs", 0.5, false))).is("3822: ended filesystem-full /nfs")
	h.look(61, disks(disk("/nfs", 0.97, false))).look(100, disks(away)).is("3883: began filesystem-full /nfs")
	h.look(61, disks(disk("/", 0.3, false))).is("4044: ended filesystem-full /nfs")
	h.look(30, disks(disk("/nfs", 0.97, false))).look(100, disks(away)).is() // it was about to
	if s := h.States(h.at)[3]; s.State != OK {
		t.Errorf("got %+v", s)
	}
}

func TestSilence(t *testing.T) {
	h := newHost(t)
	if err := h.Silence("memory-pressure", "", h.at, h.at.Add(200*time.Second)); err != nil {
		t.Fatal(err)
	}
	if s := h.States(h.at)[1]; s.Silenced != h.at.Add(200*time.Second).UnixMilli() {
		t.Errorf("got %+v", s)
	}
	h.look(100, memory20(0.5)).is("61: began silently memory-pressure ")
	h.look(100, memory20(0.5)).is("200: told memory-pressure ")
	h.Silence("memory-pressure", "", h.at, h.at.Add(time.Hour)) // what was told of is told of when it ends
	h.look(301, memory20(0)).is("501: ended memory-pressure ")
	h.look(61, memory20(0.5)).look(301, memory20(0)).is("562: began silently memory-pressure ", "863: ended silently memory-pressure ")
	h.Silence("memory-pressure", "", h.at, h.at)
	h.look(61, memory20(0.5)).is("924: began memory-pressure ")

	h.Silence("filesystem-full", "/boot", h.at, h.at.Add(time.Hour))
	s := disks(disk("/", 0.96, false), disk("/boot", 0.96, false))
	s.Pressure = memory20(0.5).Pressure
	h.look(61, s).is("985: began filesystem-full /", "985: began silently filesystem-full /boot")
	if err := h.Silence("everything", "", h.at, h.at.Add(time.Hour)); err == nil || !strings.Contains(err.Error(), "memory-pressure") {
		t.Errorf("got %v", err)
	}
	var full error
	for i := range 2 * mostSilences {
		if err := h.Silence("filesystem-full", fmt.Sprint(i), h.at, h.at.Add(time.Hour)); err != nil {
			full = err
		}
	}
	if full == nil {
		t.Error("there is no end of silences")
	}
}

// restart has another watch go on, as after the file was read again.
func (h *host) restart(off ...string) *host {
	h.t.Helper()
	text, err := json.Marshal(h.Keep())
	if err != nil {
		h.t.Fatal(err)
	}
	var kept Kept
	if err := json.Unmarshal(text, &kept); err != nil {
		h.t.Fatal(err)
	}
	next := newHost(h.t, off...)
	next.at = h.at.Add(10 * time.Second)
	next.Resume(kept, next.at.UnixMilli())
	return next
}

// What fired before a restart fires on, and is not told of again; it ends when there are readings that say so.
func TestRestart(t *testing.T) {
	h := newHost(t)
	h.look(100, memory20(0.5)).is("61: began memory-pressure ")
	before, began := h.Fired(), h.States(h.at)[1].Alerts[0].Since
	h = h.restart()
	if got := h.Fired(); !slices.Equal(got, before) {
		t.Errorf("got %+v, want %+v", got, before)
	}
	h.look(50, healthy()).look(200, memory20(0.5)).is()
	if s := h.States(h.at)[1]; s.State != Firing || s.Alerts[0].Since != began {
		t.Errorf("got %+v", s)
	}
	h = h.restart()
	h.look(1000, healthy()) // no reading
	if s := h.States(h.at)[1]; s.State != Firing || len(h.events) > 0 {
		t.Errorf("got %+v and %q", s, h.events)
	}
	h.look(301, memory20(0.01)).is("1301: ended memory-pressure ")
	if f := h.Fired(); len(f) != 1 || f[0].Began != began || f[0].Ended != h.at.UnixMilli() {
		t.Errorf("got %+v", f)
	}
	h = h.restart()
	if f := h.Fired(); len(f) != 1 || f[0].Ended == 0 {
		t.Errorf("got %+v", f)
	}
	h.look(600, memory20(0.01)).is()

	// What a silence kept back is told of after the restart, and what was never known has an end.
	h.Silence("memory-pressure", "", h.at, h.at.Add(time.Hour))
	h.look(61, memory20(0.5)).is("661: began silently memory-pressure ")
	h.restart().look(1, memory20(0.5)).is("1: told memory-pressure ")
	h.restart().look(3599, healthy()).look(2, healthy()).is("3601: ended silently memory-pressure ")
}

// What a rule remembers of the time before is not lost: of a mount that it was writable, of a unit that it is off the list.
func TestRestartRemembers(t *testing.T) {
	h := newHost(t)
	s := disks(disk("/", 0.5, true))
	s.FailedUnits = &collector.FailedUnits{Total: 2, Names: []string{"a.service", "b.service"}}
	h.look(60, disks(disk("/", 0.5, false))).look(20, s).is("71: began filesystem-readonly /", "71: began unit-failed a.service", "71: began unit-failed b.service")
	s.FailedUnits.Names = s.FailedUnits.Names[:1]
	h = h.restart()
	h.look(700, s).is()
	h.look(60, disks(disk("/", 0.5, false))).is("711: ended filesystem-readonly /")
}

// A rule that nobody wants any more, or that is none, ends.
func TestRestartWithoutRule(t *testing.T) {
	h := newHost(t)
	h.look(100, memory20(0.5)).is("61: began memory-pressure ")
	off := h.restart("memory-pressure")
	off.look(2, memory20(0.5)).is("1: ended memory-pressure ")
	if f := off.Fired(); len(f) != 1 || f[0].Ended == 0 {
		t.Errorf("got %+v", f)
	}
	kept := h.Keep()
	kept.Firing[0].Rule, kept.Fired[0].Rule = "swapping", "swapping"
	other := newHost(t)
	other.Resume(kept, h.at.UnixMilli())
	other.look(100, healthy()).is()
	if f := other.Fired(); len(f) != 1 || f[0].Ended != h.at.UnixMilli() {
		t.Errorf("got %+v", f)
	}
}

func TestOff(t *testing.T) {
	h := newHost(t, "memory-pressure")
	h.look(1000, memory20(0.9)).is()
	if s := h.States(h.at)[1]; s.State != Off {
		t.Errorf("got %+v", s)
	}
	if _, err := New([]string{"memory"}); err == nil || !strings.Contains(err.Error(), "memory-pressure") {
		t.Errorf("got %v", err)
	}
}

func TestSuspended(t *testing.T) {
	h := newHost(t)
	h.look(50, memory20(0)).look(50, memory20(0.5))
	woke := memory20(0.5)
	woke.Suspended = collector.Known(3600)
	h.look(1, woke).look(58, memory20(0.5)).is()
	h.look(3, memory20(0.5)).is("161: began memory-pressure ")
}

// Whatever comes, it begins and ends in turn, and what grows is bounded.
func TestAnything(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	h := newHost(t)
	firing := map[string]bool{}
	for range 20000 {
		s := disks()
		for range random.IntN(6) {
			s.Filesystems = append(s.Filesystems, disk(fmt.Sprint("/", random.IntN(100)), 0.9+random.Float64()/10, random.IntN(3) == 0))
		}
		s.Pressure = memory20(random.Float64()).Pressure
		if random.IntN(50) == 0 {
			s.Marks = []collector.Mark{{Kind: collector.MarkOOM, Text: "x"}}
		}
		if random.IntN(10) == 0 {
			s.Sources = []collector.SourceState{{Name: []string{"pressure", "filesystems", "cpu"}[random.IntN(3)]}}
		}
		s.At, s.Interval = h.at, collector.Known(float64(random.IntN(40)))
		h.at = h.at.Add(time.Duration(random.IntN(80)-20) * time.Second)
		for _, e := range h.Look(&s) {
			name := e.Rule + e.Subject
			if e.Mark && firing[name] == (e.Ended == 0) || e.Text == "" || e.Ended != 0 && e.Ended < e.Began {
				t.Fatalf("%+v, and it was firing: %v", e, firing[name])
			}
			firing[name] = e.Ended == 0
		}
	}
	if n := len(h.Fired()); n > mostFired {
		t.Errorf("%d are listed", n)
	}
	for _, s := range h.States(h.at) {
		if len(s.Alerts) > mostSubjects {
			t.Errorf("%s has %d alerts", s.Rule, len(s.Alerts))
		}
	}
}

func BenchmarkLook(b *testing.B) {
	w, _ := New(nil)
	s := disks(disk("/", 0.5, false), disk("/boot", 0.5, false), disk("/home", 0.5, false))
	s.Pressure = memory20(0).Pressure
	s.Interval = collector.Known(1)
	for b.Loop() {
		s.At = s.At.Add(time.Second)
		w.Look(&s)
	}
}

// Of many failed units the first names are told: what is pushed off the list is not well.
func TestFailedUnitsBeyondTheList(t *testing.T) {
	w, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range 32 {
		names = append(names, fmt.Sprintf("u%02d.service", i))
	}
	look := func(total int, names []string) (ended []string) {
		for range 60 {
			for _, e := range w.Look(&collector.Snapshot{At: time.Unix(1e9, 0), Interval: collector.Known(1), FailedUnits: &collector.FailedUnits{Total: total, Names: names}}) {
				if e.Rule == "unit-failed" && e.Ended > 0 {
					ended = append(ended, e.Subject)
				}
			}
		}
		return ended
	}
	look(32, names)
	more := append([]string{"a.service"}, names[:31]...)
	if ended := look(33, more); len(ended) > 0 {
		t.Errorf("pushed off the list: %v ended", ended)
	}
	if ended := look(33, append([]string{"a.service", "b.service"}, names[1:31]...)); !slices.Equal(ended, names[:1]) {
		t.Errorf("one is well: %v ended, want %v", ended, names[:1])
	}
	if ended := look(1, []string{"a.service"}); len(ended) != 31 {
		t.Errorf("all but one are well: %v ended", ended)
	}
}
