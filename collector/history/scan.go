package history

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// A place is where in a file a block is.
type place struct {
	at         int64
	rows, size int
	every      int64 // of its rows; known of what was there when the file was opened
}

// window is how much of a file is looked at together, at least twice the length of a usual block.
const window = 1 << 20

const (
	// sector is how much is given up where a disk cannot be read, and mostUnread how often: then it is not the file that is damaged.
	sector     = 4 << 10
	mostUnread = 1000
)

// scan finds every whole block, whatever else is there. Of a key the one with the most rows counts, and of those the
// last: a block is written again while it grows. What cannot be read costs the blocks that are in it. Those of tiers that are not kept any more are left out. other is how many
// bytes belong to none at all.
func scan(r io.ReaderAt, limits bounds) (found map[key]place, other int64, err error) {
	found = make(map[key]place)
	buf := make([]byte, window)
	var times []int64
	unread := 0
	for at := int64(0); ; {
		n, err := r.ReadAt(buf, at)
		ends := errors.Is(err, io.EOF)
		if err != nil && !ends {
			if unread++; unread > mostUnread {
				return nil, 0, err
			}
		}
		last := err != nil // there is no more than that in one piece
		b := buf[:n]
		used := 0
		for used < len(b) {
			rest := b[used:]
			i := bytes.Index(rest, magic[:])
			if i < 0 { // the magic may begin at the end of this window
				i = len(rest)
				if !last {
					i = max(len(rest)-len(magic)+1, 0)
				}
				other += int64(i)
				used += i
				break
			}
			other += int64(i)
			used += i
			rest = rest[i:]
			size, there := sizeOf(rest)
			if !there && !last {
				if size > len(buf) {
					buf = make([]byte, size+window)
				}
				break // it will be at the beginning of the next window
			}
			_, intact := whole(rest)
			block, err := unpack(rest, times)
			block.tier = limits.number(block.tier, block.every)
			if !intact || err != nil {
				other++
				used++
				continue
			}
			times = block.times
			if p := found[block.key]; limits.has(block.tier) && len(block.times) >= p.rows {
				found[block.key] = place{at + int64(used), len(block.times), size, block.every}
			}
			used += size
		}
		at += int64(used)
		switch {
		case ends:
			return found, other, nil
		case last:
			next := (at/sector + 1) * sector
			other += next - at
			at = next
		}
	}
}

// sizeOf is how long the block is that b begins with, as it says itself, and whether all of that is in b. What cannot be
// a block is there, and too short for one.
func sizeOf(b []byte) (size int, there bool) {
	if len(b) < frame {
		return frame, false
	}
	n := uint64(binary.LittleEndian.Uint32(b[4:])) + 8 + 4 // with what is before it, and the check
	if n < frame || n > mostBlock {
		return 0, true
	}
	return int(n), n <= uint64(len(b))
}
