package crowd

import "time"

// A Sample is what the server has cost up to a moment, and has in use at it.
type Sample struct {
	At          time.Time
	CPU         float64 // seconds, user and system, since the process began
	Memory      uint64  // resident, in bytes
	Goroutines  int
	Descriptors float64 // negative: unknown
	Sent        int64   // bytes to viewers since the process began, heads included
	Messages    int64   // likewise
}

// A Cost is what the server costs on average over a window: rates from its first sample to its last, levels as means.
type Cost struct {
	Seconds     float64  `json:"seconds"` // the window's length
	CPU         float64  `json:"cpu_ms_per_s"`
	Memory      float64  `json:"memory"` // resident, in bytes
	Goroutines  float64  `json:"goroutines"`
	Descriptors *float64 `json:"descriptors"` // null where the system does not tell
	Sent        float64  `json:"bytes_per_s"`
	Messages    float64  `json:"messages_per_s"`
}

// A Difference is what was brought by each 1 000 viewers.
type Difference struct {
	CPU         float64  `json:"cpu_ms_per_s"`
	Memory      float64  `json:"memory"`
	Goroutines  float64  `json:"goroutines"`
	Descriptors *float64 `json:"descriptors"`
	Sent        float64  `json:"bytes_per_s"`
	// PerMessage is CPU time for each message that was delivered to them; null before there was one.
	PerMessage *float64 `json:"cpu_us_per_message"`
}

// A window adds up samples, which come in order.
type window struct {
	n                               int
	first, last                     Sample
	memory, goroutines, descriptors float64
}

func (w *window) add(s Sample) {
	if w.n == 0 {
		w.first = s
	}
	w.last = s
	w.n++
	w.memory += float64(s.Memory)
	w.goroutines += float64(s.Goroutines)
	w.descriptors += s.Descriptors
}

// elapsed is what rates are over: 0 with fewer than two samples.
func (w *window) elapsed() time.Duration { return w.last.At.Sub(w.first.At) }

// cost is nil while there is nothing to compare.
func (w *window) cost() *Cost {
	seconds := w.elapsed().Seconds()
	if seconds <= 0 {
		return nil
	}
	n := float64(w.n)
	c := &Cost{
		Seconds:    seconds,
		CPU:        (w.last.CPU - w.first.CPU) * 1e3 / seconds,
		Memory:     w.memory / n,
		Goroutines: w.goroutines / n,
		Sent:       float64(w.last.Sent-w.first.Sent) / seconds,
		Messages:   float64(w.last.Messages-w.first.Messages) / seconds,
	}
	if w.first.Descriptors >= 0 && w.last.Descriptors >= 0 {
		mean := w.descriptors / n
		c.Descriptors = &mean
	}
	return c
}

// perThousand is what so many viewers have brought, for each 1 000 of them.
func perThousand(before, with Cost, viewers int) Difference {
	share := 1000 / float64(viewers)
	d := Difference{
		CPU:        (with.CPU - before.CPU) * share,
		Memory:     (with.Memory - before.Memory) * share,
		Goroutines: (with.Goroutines - before.Goroutines) * share,
		Sent:       (with.Sent - before.Sent) * share,
	}
	if before.Descriptors != nil && with.Descriptors != nil {
		n := (*with.Descriptors - *before.Descriptors) * share
		d.Descriptors = &n
	}
	if more := with.Messages - before.Messages; more > 0 {
		us := (with.CPU - before.CPU) * 1e3 / more
		d.PerMessage = &us
	}
	return d
}
