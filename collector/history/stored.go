package history

import (
	"io"
	"slices"
)

// A stored block is on a shelf: in memory, or in a file. It is good during the call that it is given to.
type stored struct {
	tier   uint8  // whatever the block says
	packed []byte // in memory; else nil
	file   io.ReaderAt
	place
	space *spaces
}

// spaces is memory that one block after the other is read into.
type spaces struct {
	head, part []byte
	from       int64 // where in the file part begins
}

// ahead is how much is read for a part: columns that are asked for together often lie together, and a system call costs
// as much as copying that.
const ahead = 8 << 10

// usualHead is how much is read of a block at first: most heads are not longer.
const usualHead = 8 << 10

// unpack reads its head.
func (s stored) unpack(times []int64) (b block, err error) {
	packed := s.packed
	if packed == nil {
		if packed, err = s.head(); err != nil {
			return block{}, err
		}
	}
	b, err = unpack(packed, times)
	b.tier = s.tier
	return b, err
}

// head reads so much that it is in it.
func (s stored) head() ([]byte, error) {
	b, err := s.read(&s.space.head, 0, min(usualHead, s.size))
	if err != nil {
		return nil, err
	}
	if _, ok := headOf(b); !ok {
		return s.read(&s.space.head, 0, s.size)
	}
	return b, nil
}

// part reads a part of it, until the next.
func (s stored) part(at, size int) ([]byte, error) {
	if at < 0 || size < 0 || at+size > s.size {
		return nil, errBlock
	}
	if s.packed != nil {
		return s.packed[at : at+size], nil
	}
	space, begin := s.space, s.at+int64(at)
	if offset := begin - space.from; offset >= 0 && offset+int64(size) <= int64(len(space.part)) {
		return space.part[offset:][:size], nil
	}
	b, err := s.read(&space.part, at, max(size, min(ahead, s.size-at)))
	if space.from = begin; err != nil {
		space.part = space.part[:0]
		return nil, err
	}
	return b[:size], nil
}

// body is all that is behind the head.
func (s stored) body(b *block) ([]byte, error) { return s.part(b.body, s.size-b.body-4) }

func (s stored) read(into *[]byte, at, size int) ([]byte, error) {
	*into = slices.Grow((*into)[:0], size)[:size]
	_, err := s.file.ReadAt(*into, s.at+int64(at))
	return *into, err
}
