package collector

import (
	"os"

	"golang.org/x/sys/unix"
)

// A killLog finds in the kernel's log whom it has killed. Where that is not to be read, for it takes CAP_SYSLOG where
// kernel.dmesg_restrict is set, or is not there, nobody is found. The zero value needs a path.
type killLog struct {
	path    string
	tried   bool
	file    *os.File // the garbage collector closes it
	fd      int
	buf     []byte
	expects uint64 // so many have been counted and not been found
	again   int    // for so many more times
}

const (
	// mostRecords is how much of the log is looked through at a time: the kernel's ring has room for a few thousand.
	mostRecords = 4096
	// longestRecord is PRINTK_MESSAGE_MAX of the kernel, and CONSOLE_EXT_LOG_MAX of older ones.
	longestRecord = 8 << 10
	// looksAgain is for how many readings somebody is looked for who has been counted.
	looksAgain = 5
)

func (l *killLog) open() bool {
	if l.tried {
		return l.file != nil
	}
	file, err := os.OpenFile(l.path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	l.tried = !isShort(err)
	if err != nil {
		return false
	}
	l.file, l.fd, l.buf = file, int(file.Fd()), make([]byte, longestRecord)
	return true
}

// found is whom the kernel has killed since the last time, when it has counted so many more by now. If it has not, what is
// in the log is skipped; and so is whoever is counted and written to it in the moment between the two.
func (l *killLog) found(more uint64) (kills []Kill) {
	if !l.open() {
		return nil
	}
	if more > 0 {
		l.expects, l.again = min(l.expects+more, mostRecords), looksAgain
	}
	if l.expects == 0 {
		unix.Seek(l.fd, 0, unix.SEEK_END)
		return nil
	}
	for n := 0; n < mostRecords && l.expects > 0; n++ {
		size, err := unix.Read(l.fd, l.buf)
		if err == unix.EINTR || err == unix.EPIPE { // EPIPE: what was next has been overwritten
			continue
		}
		if err != nil || size <= 0 {
			break
		}
		if k, ok := parseKill(l.buf[:size]); ok {
			kills = append(kills, k)
			l.expects--
		}
	}
	if l.again--; l.again <= 0 {
		l.expects = 0
	}
	return kills
}
