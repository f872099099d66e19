package collector

import (
	"context"
)

// Frequency is how fast the processors run now. It is read seldom: to ask may interrupt each of them.
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
	Min  Number `json:"-"`
	Max  Number `json:"-"`
}

func frequencySource(r roots) Source {
	return Source{Name: "frequency", Read: func(context.Context) (Part, error) { return nil, notHere("not read yet") }}
}
