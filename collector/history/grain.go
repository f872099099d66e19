package history

import "math"

// A grain is a float32 cut to fifteen bits of fraction, as a whole number: the greater number has the greater grain,
// neighbours differ by one, and a steady series is the same grain again and again. What is lost is less than one part in
// 60 000, which no chart shows.
type grain int32

const (
	// fine is how many bits of a float32's fraction are dropped (IEEE 754 binary32 has 23).
	fine = 8
	// missing is no value.
	missing grain = math.MinInt32
	// coarsest is the greatest finite grain.
	coarsest grain = 0x7f7fffff >> fine
)

// grainOf rounds to the nearest grain; NaN and infinities are missing.
func grainOf(v float64) grain {
	f := float32(v)
	if v != v || math.IsInf(float64(f), 0) {
		return missing
	}
	magnitude := math.Float32bits(f) &^ (1 << 31)
	g := min(grain((magnitude+1<<(fine-1))>>fine), coarsest)
	if f < 0 {
		return -g
	}
	return g
}

// value is the number that a grain stands for; not for missing.
func (g grain) value() float64 {
	sign := uint32(0)
	if g < 0 {
		g, sign = -g, 1<<31
	}
	return float64(math.Float32frombits(sign | uint32(g)<<fine))
}
