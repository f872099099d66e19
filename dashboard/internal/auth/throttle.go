package auth

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// Wrong tries that are listened to: so many at once, and one more after each pause.
const (
	triesOfOne, pauseOfOne = 5, 12 * time.Second
	triesOfAll, pauseOfAll = 100, time.Second
	mostRemembered         = 4096 // addresses; when there are more, those with most tries left are forgotten first
)

// A bucket is how many wrong tries have not been forgiven yet, at a time.
type bucket struct {
	full float64
	at   time.Time
}

// level is what is in it now, when one drips out every pause.
func (b bucket) level(now time.Time, pause time.Duration) float64 {
	return max(0, b.full-max(0, now.Sub(b.at).Seconds())/pause.Seconds())
}

// A throttle counts wrong tries by where they came from. The zero throttle is ready.
type throttle struct {
	one           map[string]bucket
	all           bucket
	wrong, slowed uint64
}

// Client is what of an address counts as one client: one of IPv4, 64 bits of IPv6, for who has one of those has all.
// "" is who comes by a socket.
func Client(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	switch {
	case !addr.IsValid():
		return ""
	case addr.Is4():
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}

// listens tells whether a try will be looked at.
func (t *throttle) listens(from string, now time.Time) error {
	if t.one[from].level(now, pauseOfOne) > triesOfOne-1 || t.all.level(now, pauseOfAll) > triesOfAll-1 {
		t.slowed++
		return ErrSlowed
	}
	return nil
}

// failed counts a wrong try, and says what its answer is.
func (t *throttle) failed(from string, now time.Time) error {
	t.wrong++
	if err := t.begins(from, now); err != nil {
		return err // what is not listened to counts no more, or who keeps trying would never be heard again
	}
	return ErrWrong
}

// begins counts a try before it is looked at, where that takes its time: of many at once all would be listened to
// otherwise. One that was right is forgiven.
func (t *throttle) begins(from string, now time.Time) error {
	if err := t.listens(from, now); err != nil {
		return err
	}
	t.count(from, now, 1)
	return nil
}

func (t *throttle) forgive(from string, now time.Time) { t.count(from, now, -1) }

func (t *throttle) count(from string, now time.Time, tries float64) {
	if t.one == nil {
		t.one = make(map[string]bucket)
	}
	if _, known := t.one[from]; !known && len(t.one) >= mostRemembered {
		forget(t.one, now, pauseOfOne)
	}
	t.one[from] = bucket{max(t.one[from].level(now, pauseOfOne)+tries, 0), now}
	t.all = bucket{max(t.all.level(now, pauseOfAll)+tries, 0), now}
}

// forget makes room for a tenth: of those who are forgiven, and of who has least on it. So all are looked through once for
// hundreds that come, and not for each: who sends from ever new addresses would hold up everybody else otherwise.
func forget(of map[string]bucket, now time.Time, pause time.Duration) {
	maps.DeleteFunc(of, func(_ string, b bucket) bool { return b.level(now, pause) == 0 })
	const stay = mostRemembered * 9 / 10
	if len(of) <= stay {
		return
	}
	least := slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Compare(of[a].level(now, pause), of[b].level(now, pause)) })
	for _, from := range least[:len(of)-stay] {
		delete(of, from)
	}
}

// wait is until a try would be listened to.
func (t *throttle) wait(from string, now time.Time) time.Duration {
	one := (t.one[from].level(now, pauseOfOne) - (triesOfOne - 1)) * float64(pauseOfOne)
	all := (t.all.level(now, pauseOfAll) - (triesOfAll - 1)) * float64(pauseOfAll)
	return time.Duration(max(one, all, 0))
}
