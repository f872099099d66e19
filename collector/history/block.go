package history

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
)

// A block is some rows of a tier, packed: their times and a column for each series.
//
//	magic    4 bytes, the last of them the version
//	length   uint32, of what follows without the check
//	head     uint32, the length of the head
//	head     tier, run, every, first; rows, and for each row but the first how much later than expected it is;
//	         names with units and the lengths of columns
//	columns
//	check    CRC-32C of all that
//
// It says by itself what it is, so that it can be found in a file that has lost its order. Numbers are varints; a
// column is its grains as differences, with runs of the same counted. For an answer the head is read, and of the columns
// those that are asked for.
type block struct {
	key
	every int64
	times []int64 // ascending
	list  []byte  // of the head: how many series there are; their names and units, and how long their columns are
	body  int     // where the columns begin
}

// A key is where a block belongs: its tier, the time of its first row, and in which run of the program it was made.
// When the clock was set back two blocks may begin at the same time, and are of two runs.
type key struct {
	tier  uint8
	first int64 // Unix milliseconds
	run   uint32
}

var magic = [4]byte{'5', 'w', 'h', 1}

const (
	// mostRows and mostBlock bound what is read: a file may contain anything.
	mostRows  = 1024
	mostBlock = 16 << 20
	prefix    = 4 + 4 + 4  // magic, length, length of the head
	frame     = prefix + 4 // and the check
)

// errBlock is what a block that is not one is called.
var errBlock = errors.New("not a whole block")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// pack makes a block of rows. names and columns belong together; names are ascending.
func pack(k key, every int64, times []int64, names []Series, columns []*column) []byte {
	b := beginBlock(k, every, times)
	b = binary.AppendUvarint(b, uint64(len(names)))
	var body []byte
	before := ""
	for i, s := range names {
		start := len(body)
		body = columns[i].pack(body, len(times))
		same := shared(before, s.Name)
		b = binary.AppendUvarint(b, uint64(same))
		b = appendText(b, s.Name[same:])
		b = appendText(b, s.Unit)
		b = binary.AppendUvarint(b, uint64(len(body)-start))
		before = s.Name
	}
	return endBlock(b, body)
}

// beginBlock is what blocks of all kinds begin with.
func beginBlock(k key, every int64, times []int64) []byte {
	b := append(make([]byte, 0, 4096), magic[:]...)
	b = append(b, make([]byte, prefix-len(magic))...)
	b = append(b, k.tier)
	b = binary.AppendUvarint(b, uint64(k.run))
	b = binary.AppendUvarint(b, uint64(every))
	b = binary.AppendVarint(b, k.first)
	b = binary.AppendUvarint(b, uint64(len(times)))
	for i := 1; i < len(times); i++ {
		b = binary.AppendVarint(b, times[i]-times[i-1]-every)
	}
	return b
}

// endBlock puts a body behind a head, and fills in how long they are, and the check.
func endBlock(b, body []byte) []byte {
	binary.LittleEndian.PutUint32(b[8:], uint32(len(b)-prefix))
	b = append(b, body...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func shared(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// whole returns the length of the block that b begins with, and whether it is one, to the last bit.
func whole(b []byte) (int, bool) {
	if len(b) < frame || [4]byte(b) != magic {
		return 0, false
	}
	n, there := sizeOf(b)
	if !there || n < frame || n > len(b) {
		return 0, false
	}
	at := n - 4
	return n, crc32.Checksum(b[:at], castagnoli) == binary.LittleEndian.Uint32(b[at:])
}

// unpack reads the head of a block, with the times into the memory that times has; list stays in b's memory. Whether the
// block is whole is not looked at.
func unpack(b []byte, times []int64) (block, error) {
	head, ok := headOf(b)
	if !ok {
		return block{}, errBlock
	}
	r := reader{b: head}
	k := block{times: times[:0], body: prefix + len(head)}
	k.tier = r.byte()
	k.run = uint32(r.bounded(math.MaxUint32))
	k.every = int64(r.bounded(math.MaxInt32))
	k.first = r.varint()
	rows := int(r.bounded(mostRows))
	at := k.first
	for i := range rows {
		if i > 0 {
			at += k.every + r.varint()
		}
		if i > 0 && at < k.times[i-1] {
			r.broken = true
		}
		k.times = append(k.times, at)
	}
	if k.list = r.b; r.broken || rows == 0 {
		return block{}, fmt.Errorf("%w: its times are out of order", errBlock)
	}
	return k, nil
}

// headOf is the head of a block, and whether all of it is in b.
func headOf(b []byte) ([]byte, bool) {
	if len(b) < prefix || [4]byte(b) != magic {
		return nil, false
	}
	n := uint64(binary.LittleEndian.Uint32(b[8:]))
	if n > uint64(len(b)-prefix) {
		return nil, false
	}
	return b[prefix:][:n], true
}

// each calls do with every series of the block, in the order of their names, and where in the block its packed column is.
// What do is given is good during the call only.
func (b *block) each(do func(name, unit []byte, at, size int)) error {
	return b.until(func(name, unit []byte, at, size int) bool {
		do(name, unit, at, size)
		return true
	})
}

// until is each, as long as do wants more.
func (b *block) until(do func(name, unit []byte, at, size int) bool) error {
	r := reader{b: b.list}
	n := int(r.bounded(maxSeries))
	at, list := b.body, r.b // a variable of its own, as in strand
	number := func() int {
		v, n := word(list)
		if n <= 0 || v > mostBlock {
			list, r.broken = nil, true
			return 0
		}
		list = list[n:]
		return int(v)
	}
	text := func() []byte {
		n := number()
		if n > len(list) {
			r.broken = true
			n = len(list)
		}
		s := list[:n]
		list = list[n:]
		return s
	}
	var name []byte
	for i := range n {
		same := number()
		rest := text()
		if r.broken || same > len(name) {
			return fmt.Errorf("%w: its names cannot be read", errBlock)
		}
		if i > 0 && string(name[same:]) >= string(rest) {
			return fmt.Errorf("%w: its names are out of order", errBlock)
		}
		name = append(name[:same], rest...)
		unit := text()
		size := number()
		if r.broken {
			return fmt.Errorf("%w: its names cannot be read", errBlock)
		}
		if !do(name, unit, at, size) {
			return nil
		}
		at += size
	}
	return nil
}

// The first two numbers of a packed column's words; above them a word is one difference, zigzag, less nothing: no
// difference is 0 there, since that is a run.
const (
	sameAgain = iota // followed by how often
	missed           // likewise
	others           // and above: the difference
)

// pack appends the column's three strands.
func (c *column) pack(b []byte, rows int) []byte {
	b = packStrand(b, c.avg, rows, true)
	b = packStrand(b, c.lo, rows, false)
	return packStrand(b, c.hi, rows, false)
}

// packStrand writes grains: as differences from the one before, or as they are.
func packStrand(b []byte, strand []grain, rows int, differences bool) []byte {
	at := func(i int) grain {
		if i < len(strand) {
			return strand[i]
		}
		if differences {
			return missing
		}
		return 0
	}
	before := grain(0)
	for i := 0; i < rows; {
		g := at(i)
		run := 1
		for i+run < rows && at(i+run) == g {
			run++
		}
		switch {
		case g == missing:
			b = binary.AppendUvarint(append(b, missed), uint64(run))
		case g == before:
			b = binary.AppendUvarint(append(b, sameAgain), uint64(run))
		default:
			b = binary.AppendUvarint(b, others-1+zigzag(int64(g)-int64(before)))
			run = 1
		}
		if g != missing && differences {
			before = g
		}
		i += run
	}
	return b
}

func zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// unpack reads three strands, which must take all of b, into a column that has room for them. It tells whether it
// could.
func (c *column) unpack(b []byte, rows int) bool {
	c.avg, c.lo, c.hi = room(c.avg, rows), room(c.lo, rows), room(c.hi, rows)
	r := reader{b: b}
	r.strand(c.avg, true)
	r.strand(c.lo, false)
	r.strand(c.hi, false)
	if r.broken || len(r.b) > 0 {
		return false
	}
	for i, g := range c.avg {
		switch {
		case g == missing:
			c.lo[i], c.hi[i] = 0, 0
		case g-c.lo[i] < -coarsest || g+c.hi[i] > coarsest:
			return false
		}
	}
	return true
}

// room is so many grains, in the memory of old ones if that is enough.
func room(old []grain, rows int) []grain { return slices.Grow(old[:0], rows)[:rows] }
