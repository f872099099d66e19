package collector

// Pressure is how much of the time work stood still for want of something (Documentation/accounting/psi.rst).
type Pressure struct {
	CPU    *Stall `json:"cpu,omitempty"`
	Memory *Stall `json:"memory,omitempty"`
	IO     *Stall `json:"io,omitempty"`
	IRQ    *Stall `json:"irq,omitempty"` // has only full
}

// Stall is the pressure on one resource. Some: at least one task waited; full: all that were not idle did. Some and
// Full are ratios of the time since the read before, from the kernel's totals; the others its own averages over 10, 60
// and 300 seconds, as ratios.
type Stall struct {
	Some    Number `json:"some"`
	Some10  Number `json:"some10"`
	Some60  Number `json:"some60"`
	Some300 Number `json:"some300"`
	Full    Number `json:"full"`
	Full10  Number `json:"full10"`
	Full60  Number `json:"full60"`
	Full300 Number `json:"full300"`
	// SomeSeconds and FullSeconds are the totals since boot.
	SomeSeconds Number `json:"-"`
	FullSeconds Number `json:"-"`
}
