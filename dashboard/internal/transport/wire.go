package transport

import (
	"maps"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/redact"
)

const (
	// recordFor is how long a viewer is recorded after somebody has asked.
	recordFor = time.Minute
	// mostRecordings bounds the memory for it: some 200 KB each.
	mostRecordings = 64
)

// A recording is a viewer's Recorder, for a while.
type recording struct {
	meter.Recorder
	since time.Time
	until time.Time
	timer *time.Timer // ends it
}

// A Recording is what Record tells.
type Recording struct {
	Since     int64            `json:"since"` // Unix milliseconds; what was before is not there
	Until     int64            `json:"until"` // likewise; then it ends, unless somebody asks again
	Exchanges []meter.Recorded `json:"-"`
}

// Listed is the id of a viewer that List tells by that short hash; "" for none.
func (v *Viewers) Listed(short string) string {
	var held []string
	v.mu.Lock()
	v.all(func(h *holding) { held = append(held, h.viewer) })
	v.mu.Unlock()
	if i := slices.IndexFunc(held, func(id string) bool { return Short(id) == short }); i >= 0 {
		return held[i]
	}
	return ""
}

// Wire is what a viewer's techniques have cost; nil for a viewer nobody has heard of.
func (v *Viewers) Wire(id string) map[string]meter.Figures {
	v.mu.Lock()
	w := v.m[id]
	if w == nil {
		v.mu.Unlock()
		return nil
	}
	tallies := maps.Clone(w.tallies)
	v.mu.Unlock()
	figures := make(map[string]meter.Figures, len(tallies))
	for technique, t := range tallies {
		t.Ask() // not locked: who works on a connection may be waiting for v
		figures[technique] = t.Figures()
	}
	return figures
}

// Record is the last n exchanges of a viewer, of one technique or, with "", of all. It has them recorded from now on, for
// a minute: the first answer has none.
func (v *Viewers) Record(id string, n int, technique string) (Recording, *problem.Problem) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.m[id]
	if w == nil || w.recording == nil {
		if v.recordings >= mostRecordings {
			return Recording{}, problem.New(fiber.StatusServiceUnavailable, "the exchanges of too many viewers are being recorded; ask again in a minute")
		}
		w = v.get(id)
		v.begin(w)
	}
	r := w.recording
	r.until = time.Now().Add(recordFor)
	r.timer.Reset(recordFor)
	return Recording{r.since.UnixMilli(), r.until.UnixMilli(), r.Last(n, technique)}, nil
}

// begin begins a recording. v.mu is held.
func (v *Viewers) begin(w *viewer) {
	r := &recording{Recorder: meter.Recorder{Redact: redact.Head}, since: time.Now()}
	r.timer = time.AfterFunc(recordFor, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if w.recording == r && !time.Now().Before(r.until) { // else somebody has asked meanwhile
			v.endRecording(w)
		}
	})
	w.recording = r
	v.recordings++
	v.Taps.Open()
	for _, t := range w.tallies {
		t.Record(&r.Recorder)
	}
}

// endRecording forgets what was recorded. v.mu is held.
func (v *Viewers) endRecording(w *viewer) {
	w.recording.timer.Stop()
	w.recording = nil
	v.recordings--
	v.Taps.Close()
	for _, t := range w.tallies {
		t.Record(nil)
	}
}

// endRecordings ends all of them.
func (v *Viewers) endRecordings() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, w := range v.m {
		if w.recording != nil {
			v.endRecording(w)
		}
	}
}
