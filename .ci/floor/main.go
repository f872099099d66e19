//go:build linux

// Command floor is what a push server cannot do without, and nothing else: a connection is accepted, its request read, a head
// written; each line of standard input is then written to every connection, by one write(2) each, as a chunk. It reads no
// request's words, notices nobody who leaves or is slow but by closing them, and forgets what it has written.
//
// As streaming by ring it sends instead, 256 at a time, by io_uring: a system call for so many.
//
// As longpolling, each line is an answer to whoever has asked since the last, by one write(2), and the next request is one
// read(2) once epoll says that it has come: who asks a moment too late misses a message, and is not told.
//
// .ci/fanout runs it beside fivewire and Nchan: its CPU a message is the kernel's share of theirs, on that machine.
//
//	floor streaming|longpolling [ring] <messages.ndjson
//
// It prints "fivewire: " and its address, as the others do that the script starts, and ends with its input.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"

func main() {
	technique := "streaming"
	if len(os.Args) > 1 {
		technique = os.Args[1]
	}
	send := sendEach
	if len(os.Args) > 2 && os.Args[2] == "ring" {
		r, err := newRing()
		if err != nil {
			log.Fatalf("floor: %v", err)
		}
		send = r.send
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatalf("floor: %v", err)
	}
	var mu sync.Mutex
	var held []int // who is written to with the next line
	hold := func(fd int) {
		mu.Lock()
		held = append(held, fd)
		mu.Unlock()
	}
	head := head
	if technique == "longpolling" {
		head = ""
		asked, err := newAsked()
		if err != nil {
			log.Fatalf("floor: %v", err)
		}
		go asked.read(hold)
		next := hold
		hold = func(fd int) {
			asked.add(fd)
			next(fd)
		}
	}
	go accept(ln, head, hold)
	fmt.Printf("fivewire: http://%s/\n", ln.Addr())

	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		line = dated(line, time.Now())
		frame := fmt.Appendf(nil, "%x\r\n%s\r\n", len(line), line)
		if technique == "longpolling" {
			frame = fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(line), line)
		}
		mu.Lock()
		asking := held
		held = nil
		mu.Unlock()
		kept, err := send(asking, frame)
		if err != nil {
			log.Fatalf("floor: %v", err)
		}
		if technique == "streaming" {
			mu.Lock()
			held = append(held, kept...)
			mu.Unlock()
		}
	}
}

// sendEach sends a frame to each, and returns those that have taken all of it; the others are closed.
func sendEach(fds []int, frame []byte) (kept []int, err error) {
	kept = fds[:0]
	for _, fd := range fds {
		if n, err := unix.Write(fd, frame); err != nil || n < len(frame) {
			unix.Close(fd)
			continue
		}
		kept = append(kept, fd)
	}
	return kept, nil
}

// accept answers with head who connects, and has them held.
func accept(ln net.Listener, head string, hold func(fd int)) {
	request := make([]byte, 4096)
	for {
		conn, err := ln.Accept()
		if err != nil {
			log.Fatalf("floor: %v", err)
		}
		fd, err := answer(conn.(*net.TCPConn), request, head)
		if err != nil {
			log.Print("floor: ", err)
			continue
		}
		hold(fd)
	}
}

// asked tells who has sent a request.
type asked struct{ epoll int }

func newAsked() (asked, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return asked{fd}, err
}

func (a asked) add(fd int) {
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(fd)}
	if err := unix.EpollCtl(a.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		log.Fatalf("floor: %v", err)
	}
}

func (a asked) read(hold func(fd int)) {
	events := make([]unix.EpollEvent, 1024)
	request := make([]byte, 4096)
	for {
		n, err := unix.EpollWait(a.epoll, events, -1)
		if err != nil && err != unix.EINTR {
			log.Fatalf("floor: %v", err)
		}
		for _, event := range events[:max(n, 0)] {
			fd := int(event.Fd)
			if n, err := unix.Read(fd, request); n > 0 {
				hold(fd)
			} else if err != unix.EAGAIN {
				unix.Close(fd)
			}
		}
	}
}

// answer reads what is asked, writes a head, and keeps a copy of the descriptor: no goroutine, no poller.
func answer(conn *net.TCPConn, request []byte, head string) (fd int, err error) {
	defer conn.Close()
	if _, err := conn.Read(request); err != nil {
		return 0, err
	}
	if _, err := conn.Write([]byte(head)); err != nil {
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
