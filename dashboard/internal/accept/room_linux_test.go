package accept

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Descriptors are counted whoever has them, connections of ours by ourselves; what is reserved is for saying no first,
// and then for others alone, whatever most was set. A limit that is raised counts at once.
func TestRoom(t *testing.T) {
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Setrlimit(unix.RLIMIT_NOFILE, &before) })
	limit := func(n int) {
		low := before
		low.Cur = uint64(n)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
			t.Fatal(err)
		}
	}
	l := Wrap(nil, 0, nil, quiet(t))
	others := l.otherDescriptors(0)
	l.counted = l.counted.Add(time.Hour) // they are not counted again, however long this takes
	const all, reserve = 400, 100
	limit(all)
	for _, test := range []struct {
		open int
		want room
	}{
		{0, enough},
		{all - reserve - others - 1, enough},
		{all - reserve - others, scarce},
		{all - reserve/2 - others - 1, scarce},
		{all - reserve/2 - others, none},
		{all, none},
	} {
		l.open.Store(int64(test.open))
		if got := l.room(); got != test.want {
			t.Errorf("%d connections and %d others of %d: got %d, want %d", test.open, others, all, got, test.want)
		}
	}
	for _, test := range []struct {
		max, open int
		want      room
	}{
		{all, all - reserve - others - 1, enough},
		{all, all - reserve - others, scarce},
		{all, all - reserve/2 - others, none},
		{50, 49, enough},
		{50, 50, scarce},
	} {
		l.max = int64(test.max)
		l.open.Store(int64(test.open))
		if got := l.room(); got != test.want {
			t.Errorf("%d connections of at most %d and %d others of %d: got %d, want %d", test.open, test.max, others, all, got, test.want)
		}
	}
	l.max = 0
	l.open.Store(all)
	limit(2 * all)
	if got := l.room(); got != enough {
		t.Errorf("the limit is raised: got %d, want %d", got, enough)
	}
	l.open.Store(0)
	limit(all)
	for range all - reserve - others {
		r, w, err := os.Pipe()
		if err != nil {
			break
		}
		defer r.Close()
		defer w.Close()
	}
	l.counted = time.Time{}
	if got := l.room(); got == enough {
		t.Errorf("others have all: got %d", got)
	}
}

// Those who are being told that there is no room have descriptors, and are not taken for others, who would have used up what
// is reserved: of a crowd all would be closed without a word but the first.
func TestRefusedAreNoOthers(t *testing.T) {
	l := Wrap(nil, 0, nil, quiet(t))
	l.room()
	before := l.others
	for range 10 {
		l.refusing <- struct{}{}
		f, err := os.Open("/dev/null")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	l.counted = time.Time{}
	if l.room(); l.others != before {
		t.Errorf("there were %d others, and with 10 refused there are %d", before, l.others)
	}
}
