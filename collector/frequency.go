package collector

import (
	"slices"
	"strings"
)

// Frequency is how fast the processors run now. It is read seldom, and of 64 cores at a time: to ask may interrupt each
// of them.
type Frequency struct {
	Mean     Number          `json:"mean"`     // hertz, over the cores that tell
	Max      Number          `json:"max"`      // hertz, the highest the hardware may go
	Governor string          `json:"governor"` // the kernel's policy, "schedutil"; several are listed with commas
	Cores    []CoreFrequency `json:"cores"`
}

// CoreFrequency is one logical processor's.
type CoreFrequency struct {
	Name string `json:"name"` // "cpu0"
	Now  Number `json:"now"`  // hertz
	Min  Number `json:"-"`    // hertz, the lowest the policy lets it go
	Max  Number `json:"-"`    // hertz, the highest the hardware may go
}

type frequencyPart struct{ frequency Frequency }

func (p *frequencyPart) AddTo(s *Snapshot) { s.Frequency = &p.frequency }

// frequencyOf sums the cores up.
func frequencyOf(cores []CoreFrequency, governors []string) *frequencyPart {
	f := Frequency{Cores: cores}
	sum, n := 0.0, 0
	for i := range cores {
		if v, ok := cores[i].Now.Get(); ok {
			sum += v
			n++
		}
		if v, ok := cores[i].Max.Get(); ok {
			highest, _ := f.Max.Get()
			f.Max = Known(max(v, highest))
		}
	}
	if n > 0 {
		f.Mean = Known(sum / float64(n))
	}
	slices.Sort(governors)
	f.Governor = clean(strings.Join(slices.DeleteFunc(slices.Compact(governors), func(g string) bool { return g == "" }), ","))
	return &frequencyPart{f}
}
