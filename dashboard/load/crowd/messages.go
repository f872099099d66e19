package crowd

import "github.com/fivewire/fivewire/dashboard/load/wire"

type closeError int

func (closeError) Error() string { return "closed" }

// read looks for messages in what is content.
func (v *viewer) read(data []byte, last bool, arrival int64) error {
	for v.parser != nil {
		e, rest, err := v.parser.Next(data, last)
		if err != nil {
			return err
		}
		switch e.Kind {
		case wire.None:
			return nil
		case wire.Message:
			v.message(e, arrival)
		case wire.Retry:
			v.retry = int32(e.Number)
		case wire.Ping:
			v.c.out = pong(v.c.out, e.Head, v.c.mask)
		case wire.Close:
			return closeError(e.Number)
		}
		data = rest
	}
	return nil
}

// pong appends a masked frame (RFC 6455 §5.5.3).
func pong(b, payload []byte, mask [4]byte) []byte {
	b = append(b, 0x8a, 0x80|byte(len(payload)))
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i%4])
	}
	return b
}

// message counts one.
func (v *viewer) message(e wire.Event, arrival int64) {
	t := &v.c.tally
	envelope, ok := wire.FindEnvelope(e.Head)
	if !ok {
		envelope = wire.Envelope{ID: e.ID}
	}
	fresh := v.fresh
	v.fresh, v.news = false, true
	if len(envelope.ID) == 0 {
		t.messages++
		return
	}
	r := t.record(envelope.ID, arrival)
	if before := v.last; before != nil && before.sequenced && r.sequenced && before.epoch == r.epoch {
		if r.seq <= before.seq && !envelope.Gap {
			t.duplicates++
			v.news = false
			return
		}
		if r.seq > before.seq && !v.c.target.thinned {
			t.missed += int64(r.seq - before.seq - 1)
		}
	}
	t.messages++
	if r.sequenced {
		t.numbered++
	}
	if envelope.Gap {
		t.gaps++
	}
	v.last, v.place.id = r, r.id
	if len(e.ID) > 0 && r.id != string(e.ID) {
		v.place.id = string(e.ID) // what a foreign SSE server resumes behind is its own id
	}
	// What was there before the viewer was is not delivered but replayed.
	switch {
	case fresh:
	case r.seen >= v.since && (envelope.At == 0 || envelope.At >= v.since/1e6):
		t.live(r, envelope.At, arrival)
	default:
		t.replayed(envelope.At, arrival)
	}
}
