package crowd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	longestLine = 64 << 10 // that a child may write
	mostWords   = 300      // of an error in its words
)

// A child is a process that was started, and will be waited for.
type child struct {
	done chan struct{} // closed when it has gone and everything it wrote has been read
	err  error         // how it ended; after done

	end  func() // asks it to
	kill func() error
}

// startChild starts a command that ends when its standard input does, and hands each line of its standard error to told.
// It returns when the process is there.
func startChild(command, environment []string, told func(line []byte)) (*child, error) {
	c := &child{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// On Linux the child is tied to the thread that starts it, which therefore must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Env = environment
		cmd.SysProcAttr = tied()
		stdin, err1 := cmd.StdinPipe()
		stderr, err2 := cmd.StderrPipe()
		if err := errors.Join(err1, err2); err != nil {
			started <- err
			return
		}
		if err := cmd.Start(); err != nil {
			started <- fmt.Errorf("start the viewers: %w", err)
			return
		}
		c.end = sync.OnceFunc(func() { stdin.Close() })
		c.kill = cmd.Process.Kill
		started <- nil
		words := follow(stderr, told)
		err := cmd.Wait()
		c.end() // the pipe is ours whoever ended
		if err != nil && words != "" {
			err = errors.New(words)
		}
		c.err = err
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

// stop asks the child to end, and after a while does not ask any more. It returns when the child has gone.
func (c *child) stop(grace time.Duration) {
	c.end()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.done:
		return
	case <-timer.C:
	}
	_ = c.kill() // it may just have gone
	<-c.done
}

// follow hands on each line until there are no more, and returns the last that is no object: an error in words. What
// comes after a line without end is read and dropped, so that who writes it does not wait.
func follow(r io.Reader, told func(line []byte)) (words string) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4<<10), longestLine)
	for lines.Scan() {
		line := lines.Bytes()
		if bytes.HasPrefix(line, []byte("{")) {
			told(line)
		} else if len(line) > 0 {
			words = strings.TrimPrefix(string(line[:min(len(line), mostWords)]), "fivewire: error: ")
		}
	}
	_, _ = io.Copy(io.Discard, r)
	return strings.ToValidUTF8(words, "?")
}
