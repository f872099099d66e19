//go:build linux

// Command floor is what a push server cannot do without, and nothing else: a connection is accepted, its request read and
// answered with a head; each line of standard input is then sent to every connection, as the technique frames it, by
// io_uring, 256 to a system call. It reads no request's words but a WebSocket's key, notices nobody who leaves or is slow
// but by closing them, and forgets what it has sent.
//
// As longpolling, each line is an answer to whoever has asked since the last, and the next requests are received by
// io_uring too, once epoll says that they have come: who asks a moment too late misses a message, and is not told.
//
// .ci/fanout runs it beside fivewire and Nchan: its CPU a message is the kernel's share of theirs, on that machine, and
// what no server there can be below.
//
//	floor sse|streaming|websocket|longpolling <messages.ndjson
//
// It prints "fivewire: " and its address, as the others do that the script starts, and ends with its input.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A technique is a head, made of the request, and a frame for each line.
type technique struct {
	head  func(*http.Request) string
	frame func(line []byte) []byte
	asks  bool // for each message anew
}

var techniques = map[string]technique{
	"sse": {head: chunks("text/event-stream"), frame: func(line []byte) []byte {
		return chunk(fmt.Appendf(nil, "data: %s\n", line)) // a line has its end
	}},
	"streaming": {head: chunks("application/x-ndjson"), frame: chunk},
	"websocket": {head: upgrade, frame: func(line []byte) []byte {
		text := bytes.TrimSuffix(line, []byte("\n"))
		return append(binary.BigEndian.AppendUint16([]byte{0x81, 126}, uint16(len(text))), text...) // RFC 6455 section 5.2
	}},
	"longpolling": {head: func(*http.Request) string { return "" }, frame: func(line []byte) []byte {
		return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(line), line)
	}, asks: true},
}

func chunks(kind string) func(*http.Request) string {
	return func(*http.Request) string {
		return "HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\nTransfer-Encoding: chunked\r\n\r\n"
	}
}

func chunk(body []byte) []byte { return fmt.Appendf(nil, "%x\r\n%s\r\n", len(body), body) }

func upgrade(r *http.Request) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455 section 4.2.2
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("floor: ")
	if len(os.Args) != 2 || techniques[os.Args[1]].head == nil {
		log.Fatal("it takes one of sse, streaming, websocket and longpolling")
	}
	if err := run(techniques[os.Args[1]]); err != nil {
		log.Fatal(err)
	}
}

func run(t technique) error {
	out, err := newRing()
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var held []int // who is sent the next line
	hold := func(fds ...int) {
		mu.Lock()
		held = append(held, fds...)
		mu.Unlock()
	}
	begin := func(fd int) { hold(fd) }
	if t.asks {
		asked, err := newAsked()
		if err != nil {
			return err
		}
		go asked.read(hold)
		begin = func(fd int) {
			asked.add(fd)
			hold(fd)
		}
	}
	go accept(ln, t.head, begin)
	fmt.Printf("fivewire: http://%s/\n", ln.Addr())

	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		frame := t.frame(dated(line, time.Now()))
		mu.Lock()
		asking := held
		held = nil
		mu.Unlock()
		kept, err := out.send(asking, frame)
		if err != nil {
			return err
		}
		if !t.asks {
			hold(kept...)
		}
	}
}

// accept answers with a head who connects, and begins.
func accept(ln net.Listener, head func(*http.Request) string, begin func(fd int)) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			log.Fatal(err)
		}
		fd, err := answer(conn.(*net.TCPConn), head)
		if err != nil {
			log.Print(err)
			continue
		}
		begin(fd)
	}
}

// asked tells who has sent a request.
type asked struct {
	epoll int
	in    *ring
}

func newAsked() (*asked, error) {
	in, err := newRing()
	if err != nil {
		return nil, err
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return &asked{fd, in}, err
}

func (a *asked) add(fd int) {
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(fd)}
	if err := unix.EpollCtl(a.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		log.Fatal(err)
	}
}

func (a *asked) read(hold func(fds ...int)) {
	var events [many]unix.EpollEvent
	request := make([]byte, 4096) // nobody looks at it: one is enough
	for {
		n, err := unix.EpollWait(a.epoll, events[:], -1)
		if err != nil && err != unix.EINTR {
			log.Fatal(err)
		}
		var fds []int
		for _, event := range events[:max(n, 0)] {
			fds = append(fds, int(event.Fd))
		}
		got, err := a.in.receive(fds, request)
		if err != nil {
			log.Fatal(err)
		}
		hold(got...)
	}
}

// answer reads what is asked, writes a head, and keeps a copy of the descriptor: no goroutine, no poller.
func answer(conn *net.TCPConn, head func(*http.Request) string) (fd int, err error) {
	defer conn.Close()
	request, err := http.ReadRequest(bufio.NewReaderSize(conn, 4096))
	if err != nil {
		return 0, err
	}
	if _, err := io.WriteString(conn, head(request)); err != nil {
		return 0, err
	}
	file, err := conn.File()
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if fd, err = unix.Dup(int(file.Fd())); err != nil {
		return 0, err
	}
	return fd, unix.SetNonblock(fd, true)
}

// dated is a line with its time, {"id":…,"at":<Unix ms>,…, replaced by that of now, which has as many digits.
func dated(line []byte, now time.Time) []byte {
	const field = `"at":`
	i := bytes.Index(line, []byte(field))
	if i < 0 {
		return line
	}
	at := strconv.AppendInt(nil, now.UnixMilli(), 10)
	copy(line[i+len(field):], at)
	return line
}
