package collector

import (
	"math"
	"strconv"
)

// A Number is a finite reading, or unknown. None but a temperature is below zero. The zero Number is unknown, and its
// JSON is null.
type Number struct {
	value float64
	known bool
}

// Known is the Number v; NaN, infinities and negative values become unknown.
func Known(v float64) Number {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return Number{}
	}
	return Number{value: math.Abs(v), known: true} // Abs: there is a negative zero
}

// Signed is the Number v, which may be below zero, as a temperature may; NaN and infinities become unknown.
func Signed(v float64) Number {
	n := Known(math.Abs(v))
	if v < 0 {
		n.value = -n.value
	}
	return n
}

// Get returns the value, and whether it is known.
func (n Number) Get() (v float64, ok bool) { return n.value, n.known }

// MarshalJSON writes at most six decimals below a hundredth, four below 100 and one above: finer than anything on a screen, and a third
// of the bytes of a full float.
func (n Number) MarshalJSON() ([]byte, error) { return n.AppendJSON(nil), nil }

// AppendJSON appends what MarshalJSON writes.
func (n Number) AppendJSON(b []byte) []byte {
	if !n.known {
		return append(b, "null"...)
	}
	if n.value <= -0.00005 { // what is nearer to zero is written as zero
		return Number{-n.value, true}.AppendJSON(append(b, '-'))
	}
	scale := 1e4
	switch {
	case n.value >= 100:
		scale = 10
	case 0 <= n.value && n.value < 0.01:
		scale = 1e6 // a disk answers within microseconds
	}
	if n.value >= 1e15 {
		return strconv.AppendFloat(b, n.value, 'f', -1, 64)
	}
	// As a whole number of tenths or ten-thousandths: much faster than the shortest text of a float64.
	scaled := uint64(math.Round(max(n.value, 0) * scale))
	whole, part := scaled/uint64(scale), scaled%uint64(scale)
	b = strconv.AppendUint(b, whole, 10)
	if part == 0 {
		return b
	}
	b = append(b, '.')
	for unit := uint64(scale) / 10; part > 0; unit /= 10 {
		b = append(b, byte('0'+part/unit))
		part %= unit
	}
	return b
}

// UnmarshalJSON reads what MarshalJSON wrote. A Number does not know whose it is, and that of a temperature may be below
// zero: so it is for whoever reads the numbers of others to refuse such a one elsewhere. This package reads none.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number{}
		return nil
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return err
	}
	*n = Signed(v)
	return nil
}
