package cbor

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"unicode/utf8"
)

// decode is a small strict decoder: RFC 8949, as far as JSON needs it, and nothing but preferred serialization. An integer
// is a *big.Int, a float a float64, an array a []any, and a map a [][2]any, in order.
func decode(b []byte) (any, error) {
	v, rest, err := item(b)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes behind the value", len(rest))
	}
	return v, err
}

var errShort = errors.New("the end is missing")

func item(b []byte) (v any, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errShort
	}
	major, info := b[0]>>5, b[0]&31
	b = b[1:]
	n := uint64(info)
	if info >= 28 {
		return nil, nil, fmt.Errorf("additional information %d", info)
	}
	if info >= 24 {
		width := 1 << (info - 24)
		if len(b) < width {
			return nil, nil, errShort
		}
		n = new(big.Int).SetBytes(b[:width]).Uint64()
		b = b[width:]
		if least := []uint64{24, 1 << 8, 1 << 16, 1 << 32}[info-24]; major != 7 && n < least {
			return nil, nil, fmt.Errorf("%d in %d bytes", n, width)
		}
	}
	switch major {
	case 0:
		return new(big.Int).SetUint64(n), b, nil
	case 1:
		return new(big.Int).Not(new(big.Int).SetUint64(n)), b, nil
	case 3:
		if uint64(len(b)) < n {
			return nil, nil, errShort
		}
		if !utf8.Valid(b[:n]) {
			return nil, nil, errors.New("text is not UTF-8")
		}
		return string(b[:n]), b[n:], nil
	case 4:
		list := []any{}
		for range n {
			if v, b, err = item(b); err != nil {
				return nil, nil, err
			}
			list = append(list, v)
		}
		return list, b, nil
	case 5:
		pairs := [][2]any{}
		for range n {
			var pair [2]any
			for i := range pair {
				if pair[i], b, err = item(b); err != nil {
					return nil, nil, err
				}
			}
			pairs = append(pairs, pair)
		}
		return pairs, b, nil
	case 7:
		v, err = simple(info, n)
		return v, b, err
	}
	return nil, nil, fmt.Errorf("major type %d", major)
}

func simple(info byte, n uint64) (any, error) {
	var f float64
	switch info {
	case 20:
		return false, nil
	case 21:
		return true, nil
	case 22:
		return nil, nil
	case 25:
		f = halfFloat(uint16(n))
	case 26:
		f = float64(math.Float32frombits(uint32(n)))
		if isHalf(f) {
			return nil, fmt.Errorf("%v in 4 bytes", f)
		}
	case 27:
		f = math.Float64frombits(n)
		if float64(float32(f)) == f {
			return nil, fmt.Errorf("%v in 8 bytes", f)
		}
	default:
		return nil, fmt.Errorf("simple value %d", info)
	}
	return f, nil
}

// halfFloat is RFC 8949 appendix D: by arithmetic, where the encoder moves bits.
func halfFloat(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&1023)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		f = math.Inf(1) // JSON has no NaN
	default:
		f = math.Ldexp(fraction+1024, exponent-25)
	}
	if h&0x8000 != 0 {
		f = math.Copysign(f, -1)
	}
	return f
}

// isHalf reports whether half precision has that value.
func isHalf(f float64) bool {
	if f = math.Abs(f); f == 0 || math.IsInf(f, 0) {
		return true
	}
	_, exponent := math.Frexp(f)
	ulp := math.Ldexp(1, max(exponent-11, -24))
	return f <= 65504 && math.Mod(f, ulp) == 0
}
