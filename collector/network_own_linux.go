package collector

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ownInterface asks the network namespace of this process for an interface (netdevice(7)): its index, and the first
// bytes of its hardware address. known is false where it may not ask; there is none where the index is 0.
func ownInterface(name string) (index uint64, address [6]byte, known bool) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0) // any family will do, and this one is rarely forbidden
	if err != nil {
		return 0, address, false
	}
	defer unix.Close(fd)
	var request [40]byte // struct ifreq: a name, and a union
	ask := func(what uintptr) unix.Errno {
		clear(request[:])
		copy(request[:unix.IFNAMSIZ-1], name)
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), what, uintptr(unsafe.Pointer(&request)))
		return errno
	}
	switch ask(unix.SIOCGIFINDEX) {
	case 0:
		index = uint64(binary.NativeEndian.Uint32(request[unix.IFNAMSIZ:]))
	case unix.ENODEV:
		return 0, address, true
	default:
		return 0, address, false
	}
	if ask(unix.SIOCGIFHWADDR) == 0 {
		copy(address[:], request[unix.IFNAMSIZ+2:])
	}
	return index, address, true
}

// An interfaceLookup is ownInterface, or made up by a test.
type interfaceLookup func(name string) (index uint64, address [6]byte, known bool)

// isOwn: what /sys tells of an interface is of the one in this process's own namespace. A /sys shows the namespace of
// whoever mounted it, and lo and eth0 are in every one. The index alone does not tell: a container's eth0 may have that
// of the host's by chance, but not its address.
func (own interfaceLookup) isOwn(name string, index uint64, address []byte) bool {
	if own == nil {
		return true
	}
	is, hardware, known := own(name)
	if !known {
		return true
	}
	var told [6]byte // zero for one without an address, as in the answer
	var digits [2 * len(told)]byte
	text := digits[:0]
	for _, c := range bytes.TrimSpace(address) {
		if c != ':' && len(text) < len(digits) {
			text = append(text, c)
		}
	}
	_, err := hex.Decode(told[:], text)
	return is == index && (err != nil || len(text) == 0 || told == hardware)
}
