package metrics

import (
	"strings"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fivewire/fivewire/collector"
)

// mostDescs bounds how many names are remembered: those of the kernel's tables are the kernel's choice.
const mostDescs = 4096

// A sheet is what one page is gathered from. To the registry it is a collector that says nothing beforehand, because
// which families there are depends on the host.
type sheet struct {
	descs   map[string]*prometheus.Desc // by name; kept from page to page
	samples []prometheus.Metric
	left    int // samples that are not here
}

// Describe tells nothing: so the registry checks the samples and not what they were said to be.
func (s *sheet) Describe(chan<- *prometheus.Desc) {}

// Collect gives the samples out, in the order they were added: of two with the same labels the registry takes the first.
func (s *sheet) Collect(to chan<- prometheus.Metric) {
	for _, m := range s.samples {
		to <- m
	}
}

func (s *sheet) begin() {
	s.left = 0
	if len(s.descs) > mostDescs {
		clear(s.descs)
	}
}

// end forgets the samples; the room for them is kept.
func (s *sheet) end() {
	clear(s.samples)
	s.samples = s.samples[:0]
}

// A family takes the samples of one name.
type family struct {
	sheet *sheet
	desc  *prometheus.Desc
	kind  prometheus.ValueType
}

func (s *sheet) counter(name, help string, labels ...string) family {
	return s.family(prometheus.CounterValue, name, help, labels)
}

func (s *sheet) gauge(name, help string, labels ...string) family {
	return s.family(prometheus.GaugeValue, name, help, labels)
}

// untyped is for the kernel's tables, where a name does not tell whether it counts.
func (s *sheet) untyped(name, help string, labels ...string) family {
	return s.family(prometheus.UntypedValue, name, help, labels)
}

func (s *sheet) family(kind prometheus.ValueType, name, help string, labels []string) family {
	desc := s.descs[name]
	if desc == nil {
		desc = prometheus.NewDesc(name, help, labels, nil)
		s.descs[name] = desc
	}
	return family{s, desc, kind}
}

// add takes a value with the values of the family's labels.
func (f family) add(v float64, labels ...string) {
	for i, label := range labels {
		if !utf8.ValidString(label) {
			labels[i] = strings.ToValidUTF8(label, "\uFFFD")
		}
	}
	m, err := prometheus.NewConstMetric(f.desc, f.kind, v, labels...)
	if err != nil {
		f.sheet.left++
		return
	}
	f.sheet.samples = append(f.sheet.samples, m)
}

// known takes a number if it is known.
func (f family) known(n collector.Number, labels ...string) {
	if v, ok := n.Get(); ok {
		f.add(v, labels...)
	}
}

// number takes a known number as a family of its own.
func (s *sheet) number(kind func(*sheet, string, string, ...string) family, name, help string, n collector.Number) {
	if v, ok := n.Get(); ok {
		kind(s, name, help).add(v)
	}
}

// oneOf writes a state as node_exporter does it: a sample for each there is, 1 for the one that holds.
func (f family) oneOf(state string, all []string, labels ...string) {
	for _, s := range all {
		v := 0.0
		if s == state {
			v = 1
		}
		f.add(v, append(labels[:len(labels):len(labels)], s)...)
	}
}

// metricName makes a name of the kernel's fit to be part of a metric's: what it may not have becomes an underscore.
func metricName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, s)
}
