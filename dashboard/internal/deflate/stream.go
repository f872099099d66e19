package deflate

import (
	"encoding/binary"
	"hash/crc32"
)

// GzipHeader begins a gzip file, and with it the body of a response with Content-Encoding: gzip (RFC 1952 section 2.3):
// deflate, no name, no time, unknown system.
const GzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// A Stream is where one viewer's compressed stream is. The zero Stream has begun and said nothing. It is a small value:
// a copy taken before Add is the way back when no byte of the part was sent.
//
// All that a gzip viewer gets goes through its Stream. Of a WebSocket only compressed messages do: control frames and
// frames without RSV1 pass the decoder by. A WebSocket with server_no_context_takeover needs no Stream: it gets Key.
type Stream struct {
	last uint64 // id of the block whose frame the plain bytes end with; 0 when it is none
	crc  uint32
	size uint32 // modulo 2³², as RFC 1952 has it
}

// Add continues the stream with a block and returns the part of it to be sent: Context if the stream ends with the frame
// before, else Key.
func (s *Stream) Add(b *Block) []byte {
	follows := s.last != 0 && s.last == b.id-1
	s.last = b.id
	s.crc = multiply(b.shift, s.crc) ^ b.CRC
	s.size += uint32(b.Len)
	if follows {
		return b.Context()
	}
	return b.Key()
}

// AddPlain continues the stream with bytes for this viewer alone, a heartbeat for instance, and appends what is to be sent
// to dst: the bytes as they are and 10 around them, 5 more for each further 64 KiB. The next block is sent as Key, unless
// plain is empty: that is 5 bytes of a living stream that say nothing.
func (s *Stream) AddPlain(dst, plain []byte) []byte {
	if len(plain) > 0 {
		s.last = 0
	}
	s.crc = crc32.Update(s.crc, crc32.IEEETable, plain)
	s.size += uint32(len(plain))
	for len(plain) > 0 {
		n := min(len(plain), 0xffff)
		dst = appendStored(dst, plain[:n])
		plain = plain[n:]
	}
	return appendStored(dst, nil)
}

// appendStored appends a block that is not the last and not compressed (RFC 1951 section 3.2.4); bytes before it must end
// on a boundary.
func appendStored(dst, plain []byte) []byte {
	dst = append(dst, 0)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(plain)))
	dst = binary.LittleEndian.AppendUint16(dst, ^uint16(len(plain)))
	return append(dst, plain...)
}

// AppendEnd appends what completes the gzip file: an empty last block, CRC-32 and length, 10 bytes.
func (s *Stream) AppendEnd(dst []byte) []byte {
	return appendTrailer(append(dst, 3, 0), s.crc, s.size)
}

func appendTrailer(dst []byte, crc, size uint32) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, crc)
	return binary.LittleEndian.AppendUint32(dst, size)
}

// Gzip appends plain as a complete gzip file to dst: the body of an answer that many get.
func (c *Compressor) Gzip(dst, plain []byte) []byte {
	dst = append(dst, GzipHeader...)
	c.use(nil, func(e *engine) {
		e.w.Write(plain)
		e.w.Close()
		dst = append(dst, e.out.Bytes()...)
	})
	return appendTrailer(dst, crc32.ChecksumIEEE(plain), uint32(len(plain)))
}

// A CRC-32 is a polynomial over GF(2) modulo that of IEEE 802.3, its highest bit the coefficient of x⁰. The CRC of two
// texts joined is the first one's times x to the number of bits of the second, plus the second one's. So a block's factor
// is worked out once, and each stream multiplies by it.

// shift returns x to the power of 8 n.
func shift(n int) uint32 {
	power, square := uint32(1)<<31, uint32(1)<<(31-8)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			power = multiply(power, square)
		}
		square = multiply(square, square)
	}
	return power
}

// multiply has no branches: those would depend on chance.
func multiply(a, b uint32) (product uint32) {
	for range 32 {
		product ^= b & -(a >> 31)
		a <<= 1
		b = b>>1 ^ crc32.IEEE&-(b&1)
	}
	return product
}
