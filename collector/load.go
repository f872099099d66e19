package collector

// Load is the kernel's run-queue averages over 1, 5 and 15 minutes (proc_loadavg(5)); not a ratio.
type Load struct {
	One     float64 `json:"one"`
	Five    float64 `json:"five"`
	Fifteen float64 `json:"fifteen"`
}

type loadPart struct{ load Load }

func (p *loadPart) AddTo(s *Snapshot) { s.Load = &p.load }
