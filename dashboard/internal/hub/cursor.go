package hub

import (
	"errors"
	"strconv"
	"strings"
)

// A Cursor is where a reader is: the id of the last message it has. Written out it is <epoch>-<seq>, "k3f9a1-1042".
// The zero Cursor is a reader that has nothing yet.
type Cursor struct {
	Epoch string // one run of one hub: a new process is a new epoch
	Seq   uint64 // 1 for the first message of an epoch; 0 is the place before it
}

// ErrCursor says that a text is no cursor. Its message names the form that is one.
var ErrCursor = errors.New("not a cursor: want <epoch>-<seq>, letters a-z and digits, a hyphen, a decimal number, such as k3f9a1-1042")

const maxEpoch = 16

// ParseCursor reads what String wrote, and nothing else: no sign, no leading zero, no space.
func ParseCursor(s string) (Cursor, error) {
	epoch, number, found := strings.Cut(s, "-")
	if !found || epoch == "" || len(epoch) > maxEpoch || strings.Trim(epoch, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return Cursor{}, ErrCursor
	}
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil || number[0] == '+' || (number[0] == '0' && number != "0") {
		return Cursor{}, ErrCursor
	}
	return Cursor{Epoch: strings.Clone(epoch), Seq: seq}, nil
}

// String is the cursor as it travels; "" for the zero Cursor.
func (c Cursor) String() string {
	if c.Epoch == "" {
		return ""
	}
	return c.Epoch + "-" + strconv.FormatUint(c.Seq, 10)
}
