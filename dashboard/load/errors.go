package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

var (
	// ErrEnded: the server ended the connection in good order.
	ErrEnded = errors.New("server ended the connection")
	// ErrCut: the connection broke off, in the middle of something or without a word.
	ErrCut = errors.New("connection cut")
	// ErrFormat: what came is not in this technique's format.
	ErrFormat = errors.New("not this technique's format")
	// ErrTooLong: a message of more than 16 MiB.
	ErrTooLong = errors.New("message of more than 16 MiB")
)

// errSilent is the reason of an ErrCut when nothing came although the time that was agreed for it is over.
var errSilent = errors.New("no answer in time")

// A StatusError is an answer that is not the one asked for: a refusal, in most cases with the reason.
type StatusError struct {
	Status     int
	RetryAfter time.Duration // 0: not said
	Problem    Problem
}

// A Problem is what the server told about an error (RFC 9457). Of an answer that is no problem+json only Detail is
// known, if it is plain text: its beginning.
type Problem struct {
	Type      string   `json:"type"`
	Title     string   `json:"title"`
	Detail    string   `json:"detail"`
	Parameter string   `json:"parameter"` // which query parameter is wrong
	Allowed   []string `json:"allowed"`   // what it may be
}

func (e *StatusError) Error() string {
	s := strings.TrimSpace(strconv.Itoa(e.Status) + " " + http.StatusText(e.Status))
	for _, more := range []string{e.Problem.Title, e.Problem.Detail} {
		if more != "" && !strings.HasSuffix(s, more) {
			s += ": " + more
		}
	}
	return s
}

// final says whether asking again can only bring the same answer. A 404 is not final: it is what some proxies answer
// for a server that is just restarting. A 204 is how a server tells an EventSource to stay away (WHATWG HTML §9.2.1).
func (e *StatusError) final() bool {
	switch e.Status {
	case http.StatusNoContent, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusGone:
		return true
	}
	return false
}

// newStatusError reads the problem out of an answer. It does not close the body.
func newStatusError(r *http.Response) *StatusError {
	const enough = 64 << 10 // a problem is a few hundred bytes
	e := &StatusError{Status: r.StatusCode, RetryAfter: retryAfter(r.Header.Get("Retry-After"), time.Now())}
	body, _ := io.ReadAll(io.LimitReader(r.Body, enough))
	switch media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media {
	case "application/problem+json", "application/json":
		// A member of the wrong type is to be ignored (RFC 9457 §3.1): Unmarshal fills in the others all the same.
		_ = json.Unmarshal(body, &e.Problem)
	case "text/plain":
		e.Problem.Detail = strings.Join(strings.Fields(string(body[:min(len(body), 200)])), " ")
	}
	return e
}

// retryAfter is a number of seconds or a date (RFC 9110 §10.2.3); 0 if it is neither or in the past.
func retryAfter(value string, now time.Time) time.Duration {
	if isDigits([]byte(value)) {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(maxFloor/time.Second) {
			return maxFloor
		}
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxFloor)
	}
	return 0
}

// A CloseError is a WebSocket close frame from the server. 1005 means that it had no code (RFC 6455 §7.1.5).
type CloseError struct {
	Code   int
	Reason string
}

func (e *CloseError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("websocket closed: %d", e.Code)
	}
	return fmt.Sprintf("websocket closed: %d %q", e.Code, e.Reason)
}

// Is makes the codes without blame ErrEnded: done, going away, restarting, and none (RFC 6455 §7.4.1; 1012 is in
// IANA's registry).
func (e *CloseError) Is(target error) bool {
	if target != ErrEnded {
		return false
	}
	switch e.Code {
	case 1000, 1001, 1005, 1012:
		return true
	}
	return false
}

// lost names the reason of a failed read or request: the context's end before everything else, then a connection
// that was there and broke. What is left, such as a refused dial or a bad certificate, stays as it is.
func lost(ctx context.Context, err error) error {
	if err := over(ctx); err != nil {
		return err
	}
	var op *net.OpError
	var slow net.Error
	switch {
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &op),
		errors.As(err, &slow) && slow.Timeout():
		return fmt.Errorf("%w: %w", ErrCut, err)
	}
	return err
}

// over is why the context has ended, or nil. A connection's deadline may be a moment ahead of the context whose
// deadline it is.
func over(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if at, ok := ctx.Deadline(); ok && !time.Now().Before(at) {
		return context.DeadlineExceeded
	}
	return nil
}
