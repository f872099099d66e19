package cbor

import (
	"encoding/binary"
	"math"
	"strconv"
)

func digit(c byte) bool { return c >= '0' && c <= '9' }

// digits goes over as many as there are, at least one.
func (t *transcoder) digits() error {
	if !digit(t.next()) {
		return t.unexpected("a digit")
	}
	for digit(t.next()) {
		t.at++
	}
	return nil
}

// number is RFC 8259 section 6.
func (t *transcoder) number() error {
	start := t.at
	minus := t.next() == '-'
	if minus {
		t.at++
	}
	first := t.at
	if t.next() == '0' { // nothing may follow a leading zero
		t.at++
	} else if err := t.digits(); err != nil {
		return err
	}
	whole := t.in[first:t.at]
	integer := true
	if t.next() == '.' {
		integer = false
		t.at++
		if err := t.digits(); err != nil {
			return err
		}
	}
	if t.next() == 'e' || t.next() == 'E' {
		integer = false
		t.at++
		if t.next() == '+' || t.next() == '-' {
			t.at++
		}
		if err := t.digits(); err != nil {
			return err
		}
	}
	if integer && t.integer(minus, whole) {
		return nil
	}
	// An error is a number beyond a double, and f is an infinity then. The conversion costs an allocation beyond 32 bytes.
	f, _ := strconv.ParseFloat(string(t.in[start:t.at]), 64)
	t.out = appendFloat(t.out, f)
	return nil
}

// integer appends what its major types can hold. -n is written as n-1, so that -2⁶⁴ fits and -0 does not.
func (t *transcoder) integer(minus bool, digits []byte) bool {
	n := uint64(0)
	for _, c := range digits {
		d := uint64(c - '0')
		if n > (math.MaxUint64-d)/10 {
			if minus && string(digits) == "18446744073709551616" { // -2⁶⁴: one more than n can be
				t.out = appendHead(t.out, negative, math.MaxUint64)
				return true
			}
			return false
		}
		n = n*10 + d
	}
	switch {
	case !minus:
		t.out = appendHead(t.out, unsigned, n)
	case n == 0:
		return false
	default:
		t.out = appendHead(t.out, negative, n-1)
	}
	return true
}

// appendFloat takes the shortest of the three that has the same value (RFC 8949 section 4.1).
func appendFloat(b []byte, f float64) []byte {
	short := float32(f)
	if float64(short) != f {
		return binary.BigEndian.AppendUint64(append(b, double), math.Float64bits(f))
	}
	if h, ok := halfBits(short); ok {
		return binary.BigEndian.AppendUint16(append(b, half), h)
	}
	return binary.BigEndian.AppendUint32(append(b, single), math.Float32bits(short))
}

// halfBits is f in IEEE 754's binary16, where it has that value. f is a number: JSON has no NaN.
func halfBits(f float32) (uint16, bool) {
	bits := math.Float32bits(f)
	sign, exponent, fraction := uint16(bits>>16&0x8000), int(bits>>23&0xFF)-127, bits&0x7FFFFF
	switch {
	case f == 0:
		return sign, true
	case exponent == 128: // an infinity
		return sign | 0x7C00, true
	case exponent >= -14 && exponent <= 15: // 5 bits of exponent, 10 of the 23 of the fraction
		return sign | uint16(exponent+15)<<10 | uint16(fraction>>13), fraction&0x1FFF == 0
	case exponent >= -24 && exponent < -14: // subnormal: multiples of 2⁻²⁴
		fraction |= 1 << 23
		lost := -1 - exponent
		return sign | uint16(fraction>>lost), fraction&(1<<lost-1) == 0
	}
	return 0, false
}
