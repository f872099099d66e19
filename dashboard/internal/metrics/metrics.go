// Package metrics writes the latest snapshot as a page for Prometheus.
//
// # What is promised
//
// A number that node_exporter has too has its name, its labels, its type and its unit here, so that dashboards made for
// the one show the other. What only fivewire knows is called fivewire_*. Numbers are counters since boot (or since the
// process began) wherever the snapshot has such a counter, gauges otherwise; values are in base units: seconds, bytes,
// hertz, ratios.
//
// What is unknown is left out: there is no 0 that means "nobody knows", but for node_network_up, which says only whether
// a state is known to be up, as node_exporter's does. What is old is left out too: once a source has failed for five of
// its periods, and five seconds at least, there are only fivewire_source_success and fivewire_source_age_seconds of it.
// Of a source that reads some of its part there is what it read.
//
// The number of series is bounded by what the collector lists. Label values are valid UTF-8; names are made of
// letters, digits and underscores.
//
// # What happens to a sample that is odd
//
// A page never fails because of one sample. One whose labels are on the page already is left out, the first stays; so
// is one that is not valid, and the rest of a subject whose figures make the writer panic. fivewire_samples_left_out says how
// many there were.
//
// # Limits
//
// Scrapes of one snapshot in one format share a page for a quarter of a second, so that a crowd costs as much as four
// scrapes a second. This package is the only one that knows the Prometheus library.
package metrics

import (
	"bytes"
	"compress/gzip"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/alert"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/webhook"
)

// shared is for how long scrapes of one snapshot get the same page.
const shared = 250 * time.Millisecond

// Facts are what a dashboard knows and a snapshot does not.
type Facts struct {
	Now     time.Time
	Age     time.Duration // since the snapshot was published
	Version string
	Hub     hub.Stats
	Viewers map[string]int          // who holds a connection or a long poll, by transport
	Wire    map[string]meter.Totals // what all viewers have cost, by transport
	GCs     uint64                  // garbage collections since the process began
	Alerts  []alert.State
	Notices *webhook.State // nil when nobody is told of alerts
	// Asks tells whether anybody is asked who he is; then the others count tries that were wrong, and that were not looked at.
	Asks                    bool
	WrongTries, SlowedTries uint64
}

// An Exporter makes pages. It is safe for concurrent use.
type Exporter struct {
	log       *slog.Logger
	linux     bool // the counters that only Linux has mean something
	goVersion string
	registry  *prometheus.Registry
	periods   map[string]time.Duration // by source

	mu       sync.Mutex
	sheet    sheet
	pages    [2]page // plain text, OpenMetrics
	zip      *gzip.Writer
	panicked bool // it has been logged
}

// A page is what a snapshot was last made into, in one format.
type page struct {
	of     *collector.Snapshot
	made   time.Time
	plain  []byte
	zipped []byte // nil until somebody asks for it
}

// New makes an exporter that tells log, once, when it meets figures that it cannot write.
func New(log *slog.Logger) *Exporter {
	e := &Exporter{
		log:       log,
		linux:     runtime.GOOS == "linux",
		goVersion: runtime.Version(),
		registry:  prometheus.NewRegistry(),
		periods:   defaultPeriods(),
	}
	e.sheet.descs = make(map[string]*prometheus.Desc)
	e.registry.MustRegister(&e.sheet) // it cannot fail: a sheet describes nothing beforehand
	return e
}

// An Answer is a page as it leaves.
type Answer struct {
	ContentType string
	Encoding    string // "gzip", or "" for none
	Body        []byte // shared: nobody may write to it
}

// Page is the snapshot in the format that a request's Accept asks for, compressed with gzip where that is wanted. It asks
// for facts when it has no page of this snapshot that is young enough.
func (e *Exporter) Page(s *collector.Snapshot, facts func() Facts, accept string, zipped bool) (Answer, error) {
	format := expfmt.NegotiateAccept(http.Header{"Accept": {accept}},
		expfmt.FmtOpenMetrics_1_0_0, expfmt.FmtOpenMetrics_0_0_1, expfmt.FmtText)
	answer := Answer{ContentType: string(format)}

	e.mu.Lock()
	defer e.mu.Unlock()
	p := &e.pages[0]
	if format.FormatType() == expfmt.TypeOpenMetrics {
		p = &e.pages[1]
	}
	if p.of != s || time.Since(p.made) > shared {
		plain, err := e.encode(e.gather(s, facts()), format)
		if err != nil {
			return Answer{}, err
		}
		*p = page{of: s, made: time.Now(), plain: plain}
	}
	if answer.Body = p.plain; !zipped {
		return answer, nil
	}
	if p.zipped == nil {
		zipped, err := e.compress(p.plain)
		if err != nil {
			return Answer{}, err
		}
		p.zipped = zipped
	}
	answer.Body, answer.Encoding = p.zipped, "gzip"
	return answer, nil
}

// gather makes families of a snapshot, as many as it can, and counts in e.sheet.left what it cannot. mu is held.
func (e *Exporter) gather(s *collector.Snapshot, f Facts) []*dto.MetricFamily {
	sheet := &e.sheet
	sheet.begin()
	s = e.withoutStale(s)
	for _, write := range e.subjects() {
		e.safely(func() { write(sheet, s, f) })
	}
	families, err := e.registry.Gather() // with an error for each sample that is not in them: one is by itself
	var each prometheus.MultiError
	if errors.As(err, &each) {
		sheet.left += len(each)
	} else if err != nil {
		sheet.left++
	}
	sheet.end()
	return families
}

// subjects are the parts of a page. They are written one by one, so that one that fails takes no other with it.
func (e *Exporter) subjects() []func(*sheet, *collector.Snapshot, Facts) {
	return []func(*sheet, *collector.Snapshot, Facts){
		e.host, e.processors, e.pressure, e.memory, e.sockets, e.processes,
		e.disks, e.filesystems, e.networks, e.sensors,
		e.self, e.sources, e.traffic, e.verdict, e.alerts, e.groups, e.units, e.graphics, e.batteries,
	}
}

// safely runs one part of a page. A panic costs what it had not written yet: the goroutine is the request's, but the
// page is everybody's.
func (e *Exporter) safely(part func()) {
	defer func() {
		if p := recover(); p != nil {
			e.sheet.left++
			if !e.panicked {
				e.panicked = true
				e.log.Error("a snapshot made the metrics panic and some are left out", "panic", p, "stack", string(debug.Stack()))
			}
		}
	}()
	part()
}

// encode writes families down, and how many samples are not in them. mu is held.
func (e *Exporter) encode(families []*dto.MetricFamily, format expfmt.Format) ([]byte, error) {
	var b bytes.Buffer
	encoder := expfmt.NewEncoder(&b, format)
	left := e.sheet.left
	for _, family := range families {
		before := b.Len()
		if err := encoder.Encode(family); err != nil {
			b.Truncate(before)
			left += len(family.Metric)
		}
	}
	if err := encoder.Encode(leftOut(left)); err != nil {
		return nil, err
	}
	if closer, ok := encoder.(expfmt.Closer); ok {
		if err := closer.Close(); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// leftOut comes last on a page: by then it is known.
func leftOut(n int) *dto.MetricFamily {
	name, help := "fivewire_samples_left_out", "Samples that are not on this page, because their labels are on it already or they are not valid."
	kind, value := dto.MetricType_GAUGE, float64(n)
	return &dto.MetricFamily{Name: &name, Help: &help, Type: &kind, Metric: []*dto.Metric{{Gauge: &dto.Gauge{Value: &value}}}}
}

// compress takes the fastest level: a page shrinks to a seventh already. mu is held.
func (e *Exporter) compress(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	if e.zip == nil {
		e.zip, _ = gzip.NewWriterLevel(&b, gzip.BestSpeed) // it fails for levels that do not exist
	} else {
		e.zip.Reset(&b)
	}
	if _, err := e.zip.Write(plain); err != nil {
		return nil, err
	}
	if err := e.zip.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
