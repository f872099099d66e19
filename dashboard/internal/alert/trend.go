package alert

// A trend is a line through what was used over the last time, by least squares. It keeps some sixty points, however long
// that time is.
type trend struct {
	points []point
	over   float64 // seconds
}

type point struct{ at, used float64 }

const (
	// mostPoints is how many it keeps.
	mostPoints = 60
	// enough is over how much of its time there must be points before they say anything, and half an hour is always, where
	// there are three of them: a day has its third after 48 minutes.
	enough = 0.5
	// never is for what does not fill, in seconds: a hundred years.
	never = 100 * 365 * 24 * hour
)

// add adds a point, unless the last one is too near.
func (t *trend) add(at, used, over float64) {
	t.over = over
	if n := len(t.points); n > 0 && at-t.points[n-1].at < over/mostPoints {
		return
	}
	drop := 0
	for drop < len(t.points) && at-t.points[drop].at > over {
		drop++
	}
	t.points = append(t.points[:0], t.points[drop:]...)
	t.points = append(t.points, point{at, used})
}

// rate is by how much it grows a second.
func (t *trend) rate() (float64, bool) {
	n := float64(len(t.points))
	if n < 3 || t.points[len(t.points)-1].at-t.points[0].at < min(enough*t.over, 30*minute) {
		return 0, false
	}
	var at, used float64
	for _, p := range t.points {
		at += p.at / n
		used += p.used / n
	}
	var above, below float64
	for _, p := range t.points {
		above += (p.at - at) * (p.used - used)
		below += (p.at - at) * (p.at - at)
	}
	return above / below, below > 0
}

// left is how long it takes until a mount is full, if it goes on as in the last quarter of an hour, as in the last hour
// and as in the last day: the longest of them. A copy ends within the hour, a day may end with somebody who deletes
// something, and what fills a disk for certain does so all the time. What comes in bursts is left to the other rule.
func (m *mount) left() (seconds float64, ok bool) {
	for _, t := range []*trend{&m.quarter, &m.hour, &m.day} {
		rate, known := t.rate()
		if !known {
			return 0, false
		}
		until := float64(never)
		if rate > 0 {
			until = min(m.available/rate, never)
		}
		seconds = max(seconds, until)
	}
	return seconds, true
}
