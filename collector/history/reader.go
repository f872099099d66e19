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
	if len(r.b) > 0 && r.b[0] < 0x80 && !r.broken { // most are one byte
		v := uint64(r.b[0])
		r.b = r.b[1:]
		return v
	}
	v, n := binary.Uvarint(r.b)
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

// strand reads what packStrand wrote. Grains that no number has break it.
func (r *reader) strand(into []grain, differences bool) {
	before := int64(0)
	for i := 0; i < len(into) && !r.broken; {
		word := r.uvarint()
		if word >= others {
			v := before + unzigzag(word-(others-1))
			if v < -int64(coarsest) || v > 2*int64(coarsest) || differences && v > int64(coarsest) || !differences && v < 0 {
				r.broken = true
				return
			}
			into[i] = grain(v)
			i++
			if differences {
				before = v
			}
			continue
		}
		g := grain(before)
		if word == missed {
			g = missing
		}
		run := int(r.bounded(uint64(len(into) - i)))
		if run == 0 || word == missed && !differences {
			r.broken = true
			return
		}
		for range run {
			into[i] = g
			i++
		}
	}
}
