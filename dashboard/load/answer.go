package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// ask is one exchange of polling and long polling: a question, and the messages of its answer. It returns the cursor
// to ask after next, and whether there was anything new.
func (w *watch) ask(ctx context.Context, after string, hold time.Duration, parameters ...string) (cursor string, news bool, err error) {
	r, err := w.request(ctx, after, "application/json", parameters...)
	if err != nil {
		return "", false, err
	}
	x, err := w.send(r, hold+patience, http.StatusOK, http.StatusNoContent)
	if err != nil {
		// A server that has answered and now is unavailable is being shut down: the end of this Watch, in good order.
		var status *StatusError
		if w.answered && errors.As(err, &status) && status.Status == http.StatusServiceUnavailable {
			err = fmt.Errorf("%w: %w", ErrEnded, err)
		}
		return "", false, err
	}
	defer x.Close()
	w.answered, w.more = true, false
	if x.StatusCode == http.StatusNoContent {
		w.beat()
		return after, false, nil
	}
	if err := x.is("application/json"); err != nil {
		return "", false, err
	}
	last, stop := after, error(nil)
	cursor, w.more, err = readAnswer(x.Body, w.max, func(raw []byte) error {
		x.clock.Stop() // how long each takes is not the server's fault
		m := parseMessage(raw)
		if m.ID != "" {
			last = m.ID
		}
		news = true
		stop = w.deliver(ctx, m)
		x.clock.Reset(patience)
		return stop
	})
	switch {
	case stop != nil:
		return "", false, stop
	case err != nil:
		return "", false, x.ended(err)
	case !news:
		w.beat()
	}
	if cursor == "" {
		cursor = last // a server that forgets to say it: the last message is the same place
	}
	return cursor, news && cursor != after, nil
}

// readAnswer reads {"messages":[…],"cursor":"…"}, with "more":true when there is more than fitted in, and hands on each message as soon as it is there. It goes from token
// to token because an answer may be a whole backlog: only one message at a time is in memory.
func readAnswer(r io.Reader, limit int, each func(raw []byte) error) (cursor string, more bool, err error) {
	defer func() {
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		if errors.As(err, &syntax) || errors.As(err, &kind) {
			err = fmt.Errorf("%w: %w", ErrFormat, err)
		}
	}()
	a := answer{r: r, max: limit, left: limit + around}
	a.Decoder = json.NewDecoder(&a)
	if err := a.expect(json.Delim('{')); err != nil {
		return "", false, err
	}
	for a.More() {
		key, err := a.Token()
		if err != nil {
			return "", false, err
		}
		switch key {
		case "messages":
			err = a.messages(each)
		case "cursor":
			err = a.Decode(&cursor)
		case "more":
			err = a.Decode(&more)
		default:
			err = a.Decode(&a.raw)
		}
		if err != nil {
			return "", false, err
		}
	}
	if err := a.expect(json.Delim('}')); err != nil {
		return "", false, err
	}
	// Reading on to the end is also what lets the connection serve the next question.
	if _, err := a.Token(); err == nil {
		return "", false, fmt.Errorf("%w: more behind the answer", ErrFormat)
	} else if err != io.EOF {
		return "", false, err
	}
	return cursor, more, nil
}

// around is what may surround a message: names, commas, space.
const around = 1024

// An answer is a decoder that reads through an allowance of bytes, renewed with each message.
type answer struct {
	*json.Decoder
	r         io.Reader
	max, left int
	raw       json.RawMessage
}

func (a *answer) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, ErrTooLong
	}
	n, err := a.r.Read(p[:min(len(p), a.left)])
	a.left -= n
	return n, err
}

func (a *answer) messages(each func(raw []byte) error) error {
	open, err := a.Token()
	if err != nil || open == nil { // null is how some servers write an empty list
		return atEnd(err)
	}
	if open != json.Delim('[') {
		return fmt.Errorf("%w: messages are %v, want a list", ErrFormat, open)
	}
	for a.More() {
		if err := a.Decode(&a.raw); err != nil {
			return atEnd(err)
		}
		if len(a.raw) > a.max {
			return ErrTooLong // it came in part with the one before, out of that one's allowance
		}
		if err := each(a.raw); err != nil {
			return err
		}
		a.left = a.max + around
	}
	return a.expect(json.Delim(']'))
}

func (a *answer) expect(want json.Delim) error {
	got, err := a.Token()
	if err == nil && got != want {
		err = fmt.Errorf("%w: %v, want %v", ErrFormat, got, want)
	}
	return atEnd(err)
}

// atEnd is for the places where the answer must not be over yet.
func atEnd(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
