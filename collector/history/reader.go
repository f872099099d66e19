package history

import "encoding/binary"

// A reader takes numbers and texts off the front of bytes that may be anything. After the first that is not there it is
// broken, and gives zeros.
type reader struct {
	b      []byte
	broken bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.broken = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uvarint() uint64 {
	v, n := word(r.b)
	return took(r, v, n)
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	return took(r, v, n)
}

func took[T int64 | uint64](r *reader, v T, n int) T {
	if n <= 0 || r.broken {
		r.broken = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// bounded is a number up to most.
func (r *reader) bounded(most uint64) uint64 {
	v := r.uvarint()
	if v > most {
		r.broken = true
		return 0
	}
	return v
}

// text is a length and so many bytes, in the reader's memory.
func (r *reader) text() []byte {
	n := r.uvarint()
	if r.broken = r.broken || n > uint64(len(r.b)); r.broken {
		return nil
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s
}

// strand reads what packStrand wrote. Grains that no number has break it. It is where the time of an answer goes: what it
// is at is a variable of its own and not the reader's, which the garbage collector would be told of each time.
func (r *reader) strand(into []grain, differences bool) {
	before, b := int64(0), r.b
	for i := 0; i < len(into) && !r.broken; {
		w, n := word(b)
		if n <= 0 {
			r.broken = true
			break
		}
		b = b[n:]
		if w >= others {
			v := before + unzigzag(w-(others-1))
			if v < -int64(coarsest) || v > 2*int64(coarsest) || differences && v > int64(coarsest) || !differences && v < 0 {
				r.broken = true
				break
			}
			into[i] = grain(v)
			i++
			if differences {
				before = v
			}
			continue
		}
		g := grain(before)
		if w == missed {
			g = missing
		}
		run, n := binary.Uvarint(b)
		if n <= 0 || run == 0 || run > uint64(len(into)-i) || w == missed && !differences {
			r.broken = true
			break
		}
		b = b[n:]
		for range run {
			into[i] = g
			i++
		}
	}
	r.b = b
}

// word is binary.Uvarint, and faster for what there is most of: three bytes of a series that never rests, or one.
func word(b []byte) (uint64, int) {
	if len(b) > 2 {
		switch {
		case b[0] < 0x80:
			return uint64(b[0]), 1
		case b[1] < 0x80:
			return uint64(b[0]&0x7f) | uint64(b[1])<<7, 2
		case b[2] < 0x80:
			return uint64(b[0]&0x7f) | uint64(b[1]&0x7f)<<7 | uint64(b[2])<<14, 3
		}
	}
	return binary.Uvarint(b)
}
