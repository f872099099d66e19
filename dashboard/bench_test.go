package dashboard

import (
	"context"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector/collectortest"
	"github.com/fivewire/fivewire/dashboard/load"
)

// BenchmarkMessage is one message from Publish to one viewer that has read it, on each technique: the time it takes,
// and what it costs on the wire, as the server's socket counted it.
func BenchmarkMessage(b *testing.B) {
	for _, technique := range load.Techniques() {
		b.Run(technique, func(b *testing.B) {
			ln, url, err := Listen("127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			d := New(Config{})
			ctx, cancel := context.WithCancel(b.Context())
			served, watched := make(chan error, 1), make(chan error, 1)
			go func() { served <- d.Serve(ctx, ln, "") }()
			got := make(chan struct{})
			d.Publish(collectortest.Snapshot(0))
			go func() {
				c := load.Client{URL: url + "/", Technique: technique, Viewer: "bench", Interval: time.Nanosecond}
				watched <- c.Watch(ctx, "", func(load.Message) error {
					got <- struct{}{}
					return nil
				})
			}()
			<-got
			snapshot := collectortest.Snapshot(1)
			b.ReportAllocs()
			for b.Loop() {
				d.Publish(snapshot)
				<-got
			}
			f := d.transports.Viewers.Wire("bench")[technique]
			n := float64(f.Messages)
			b.ReportMetric(float64(f.Bytes.In.Total+f.Bytes.Out.Total)/n, "wire-B/msg")
			b.ReportMetric(float64(f.Bytes.In.Head+f.Bytes.Out.Head)/n, "head-B/msg")
			b.ReportMetric(float64(f.Bytes.In.Framing+f.Bytes.Out.Framing)/n, "framing-B/msg")
			b.ReportMetric(float64(f.Bytes.Out.Payload)/n, "payload-B/msg")
			b.ReportMetric(float64(f.Requests)/n, "requests/msg")
			cancel()
			<-watched
			if err := <-served; err != nil {
				b.Error(err)
			}
		})
	}
}

// BenchmarkPublish is what a snapshot costs when nobody watches: encoding, history, backlog.
func BenchmarkPublish(b *testing.B) {
	d := New(Config{})
	defer d.Close()
	s := collectortest.Snapshot(1)
	b.ReportAllocs()
	for b.Loop() {
		d.Publish(s)
	}
}
