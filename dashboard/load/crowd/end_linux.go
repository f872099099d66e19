package crowd

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// askEvery is how often the server's kernel is asked whether it still has the connection of who never reads, in seconds. Where
// nothing fits any more, the end does not either: a server's kernel may drop all of it without a word.
const askEvery = 5

// askForEnd has keep-alive ask (tcp(7)): the answer of who does not know the connection is a reset.
func askForEnd(fd int) {
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, askEvery)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, askEvery)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3)
}

// awaitEnd waits, without reading, until the server has cut a connection, or it is closed here. It tells whether it could.
func awaitEnd(conn net.Conn) bool {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	_ = raw.Control(func(fd uintptr) { askForEnd(int(fd)) })
	_ = tcp.SetReadDeadline(time.Time{})
	_ = raw.Read(func(fd uintptr) bool {
		is := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(is, 0)
		return err == nil && n > 0
	})
	return true
}
