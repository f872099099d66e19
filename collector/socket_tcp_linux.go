package collector

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// censusTime bounds how long one census takes.
const censusTime = 2 * time.Second

// A tcpReader counts the TCP sockets by state. It asks sock_diag(7), which answers for the namespace of this process;
// where that is not the host's, or where it is not allowed, it reads /proc/net/tcp and tcp6, which take longer.
type tcpReader struct {
	diag   bool
	files  [2]string
	census tcpCensus
	err    error // of the last census
	quiet  bool  // nobody looks
	due    time.Time
	early  time.Time // from when on there may be another one before it is due
	full   listenerList
	looked time.Time // from when on the listeners may be looked at again
	buf    []byte
	lines  *bufio.Reader
}

func newTCPReader(r roots) tcpReader {
	return tcpReader{diag: !r.isElsewhere(), files: [2]string{r.ofNet("tcp"), r.ofNet("tcp6")}}
}

// watch says whether somebody looks: a census is made at once for who comes, and seldom while there is nobody.
func (t *tcpReader) watch(somebody bool, now time.Time) {
	if t.quiet && somebody {
		t.due = now
	}
	t.quiet = !somebody
}

// read is the states as of now: those of the last census, after another one if it is time, or if much has changed.
// It finds the listeners that are full, too.
func (t *tcpReader) read(now time.Time, established, timeWait Number) (TCPStates, error) {
	if !now.Before(t.due) || !now.Before(t.early) && t.census.isOld(established, timeWait) {
		census := tcpCensus{established: established, timeWait: timeWait, without: tcpLeaveOut(established, timeWait)}
		start := time.Now()
		t.err = t.count(&census)
		pause := censusPause(time.Since(start))
		t.due, t.early = now.Add(pause), now.Add(pause/earlyCensus)
		if t.quiet {
			t.due, t.early = now.Add(longestCensusPause), now.Add(longestCensusPause)
		}
		census.known = t.err == nil
		t.census = census
		t.looked = now
	}
	return t.census.states(established, timeWait), t.err
}

func (t *tcpReader) count(c *tcpCensus) error {
	if t.diag {
		err := t.countDiag(c)
		if !isRefused(err) {
			return err
		}
		t.diag, t.buf, t.full = false, nil, nil
	}
	c.counts, c.ended, c.without = tcpCounts{}, 0, 0
	return t.countFiles(c)
}

// isRefused: sandboxes forbid sockets of netlink, and kernels may be without sock_diag.
func isRefused(err error) bool {
	for _, refusal := range []error{
		unix.EPERM, unix.EACCES, unix.ENOENT, unix.ENOSYS, unix.EINVAL, unix.EOPNOTSUPP, unix.EPROTONOSUPPORT, unix.EAFNOSUPPORT,
		unix.ECONNREFUSED,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

func (t *tcpReader) countDiag(c *tcpCensus) error {
	const all = 1<<(tcpClosing+1) - 1
	tally, err := t.dump(all &^ c.without)
	c.counts, c.ended = tally.counts, tally.ended
	return err
}

// refusing looks at the listeners again: connections are refused, or were a moment ago. The kernel keeps listeners apart
// from its other sockets, so this takes a tenth of a millisecond, where a census takes several.
func (t *tcpReader) refusing(now time.Time) {
	if !t.diag || now.Before(t.looked) {
		return
	}
	start := time.Now()
	if _, err := t.dump(1 << tcpListen); err != nil {
		t.full = nil
	}
	t.looked = now.Add(listenersPause(time.Since(start)))
}

// dump counts the sockets in some states, and makes the list of full listeners anew. The socket is for one dump: one that
// is given up leaves nothing behind.
func (t *tcpReader) dump(states uint32) (tally diagTally, err error) {
	t.full = nil // snapshots have the old one
	tally.left = mostSockets
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return tally, os.NewSyscallError("sock_diag: socket", err)
	}
	defer unix.Close(fd)
	timeout := unix.NsecToTimeval(int64(censusTime / 2))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return tally, os.NewSyscallError("sock_diag: setsockopt", err)
	}
	if err := unix.Sendto(fd, diagRequestFor(states), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return tally, os.NewSyscallError("sock_diag: sendto", err)
	}
	if t.buf == nil {
		t.buf = make([]byte, 32<<10) // as much as the kernel puts into one message
	}
	for start := time.Now(); time.Since(start) < censusTime; {
		n, err := unix.Read(fd, t.buf)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return tally, os.NewSyscallError("sock_diag: read", err)
		}
		if n == 0 {
			return tally, errDiag
		}
		if done, err := tally.parseDiag(t.buf[:n]); done || err != nil {
			t.full = tally.full
			return tally, os.NewSyscallError("sock_diag", err)
		}
	}
	return tally, errors.New("sock_diag: it took too long")
}

// countFiles counts the sockets in the files: one that is missing has none, but not both.
func (t *tcpReader) countFiles(c *tcpCensus) (err error) {
	left, missing := mostSockets, 0
	if t.lines == nil {
		t.lines = bufio.NewReaderSize(nil, 32<<10)
	}
	defer t.lines.Reset(nil)
	for _, path := range t.files {
		file, openErr := os.Open(path)
		if openErr != nil {
			if missing++; missing == len(t.files) || !errors.Is(openErr, fs.ErrNotExist) {
				return openErr
			}
			continue
		}
		t.lines.Reset(timedReader{file, time.Now().Add(censusTime)})
		err := countTCP(t.lines, &c.counts, &left)
		file.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// A timedReader reads until a time.
type timedReader struct {
	r     io.Reader
	until time.Time
}

func (t timedReader) Read(b []byte) (int, error) {
	if time.Now().After(t.until) {
		return 0, os.ErrDeadlineExceeded
	}
	return t.r.Read(b)
}
