//go:build linux

// Command floor is what a push server cannot do without, and nothing else: a connection is accepted, its request read, a head
// written; each line of standard input is then written to every connection, by one write(2) each, as a chunk. It reads no
// request's words, notices nobody who leaves or is slow but by closing them, and forgets what it has written.
//
// .ci/fanout runs it beside fivewire and Nchan: its CPU a message is the kernel's share of theirs, on that machine.
//
//	floor <messages.ndjson
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
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatalf("floor: %v", err)
	}
	var mu sync.Mutex
	var held []int
	go func() {
		request := make([]byte, 4096)
		for {
			conn, err := ln.Accept()
			if err != nil {
				log.Fatalf("floor: %v", err)
			}
			fd, err := answer(conn.(*net.TCPConn), request)
			if err != nil {
				log.Print("floor: ", err)
				continue
			}
			mu.Lock()
			held = append(held, fd)
			mu.Unlock()
		}
	}()
	fmt.Printf("fivewire: http://%s/\n", ln.Addr())

	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		chunk := fmt.Appendf(nil, "%x\r\n%s\r\n", len(line), dated(line, time.Now()))
		mu.Lock()
		kept := held[:0]
		for _, fd := range held {
			if n, err := unix.Write(fd, chunk); err != nil || n < len(chunk) {
				unix.Close(fd)
				continue
			}
			kept = append(kept, fd)
		}
		held = kept
		mu.Unlock()
	}
}

// answer reads what is asked, writes a head, and keeps a copy of the descriptor: no goroutine, no poller.
func answer(conn *net.TCPConn, request []byte) (fd int, err error) {
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
