package wsframe

import (
	"encoding/binary"
	"math"
)

// A Header is that of a frame of either side, taken apart and not judged: for who looks on, and is not spoken to.
type Header struct {
	Size    int // of the header itself
	Length  int // of the payload
	Final   bool
	Control bool
	Masked  bool
}

// ParseHeader reads the header that b begins with. It is not ok while there is not all of it.
func ParseHeader(b []byte) (h Header, ok bool) {
	if len(b) < 2 {
		return Header{}, false
	}
	h = Header{Size: 2, Final: b[0]&final != 0, Control: Opcode(b[0] & 0x0F).control(), Masked: b[1]&masked != 0}
	length := uint64(b[1] & 0x7F)
	switch {
	case length == 126 && len(b) >= 4:
		h.Size, length = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case length == 127 && len(b) >= 10:
		h.Size, length = 10, binary.BigEndian.Uint64(b[2:])
	case length >= 126:
		return Header{}, false
	}
	if h.Masked {
		h.Size += 4
	}
	if len(b) < h.Size {
		return Header{}, false
	}
	h.Length = int(min(length, math.MaxInt32))
	return h, true
}
