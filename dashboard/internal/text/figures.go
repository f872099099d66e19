package text

import (
	"math"
	"strconv"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// unknown is what is shown of a number that nobody has.
const unknown = "–"

func percent(n collector.Number) string {
	v, ok := n.Get()
	if !ok {
		return unknown
	}
	return decimal(v*100) + " %"
}

// decimal has one place below a hundred, and none above.
func decimal(v float64) string {
	if v >= 99.95 {
		return strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// size is a number of bytes, in units of 1024.
func size(v float64) string {
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	i := 0
	for ; v >= 999.5 && i < len(units)-1; i++ {
		v /= 1024
	}
	if i == 0 || v >= 99.95 {
		return strconv.FormatFloat(math.Round(v), 'f', 0, 64) + " " + units[i]
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + units[i]
}

func rate(n collector.Number) string {
	v, ok := n.Get()
	if !ok {
		return unknown
	}
	return size(v) + "/s"
}

// sum is of what is known; unknown where nothing is.
func sum(numbers ...collector.Number) collector.Number {
	total, any := 0.0, false
	for _, n := range numbers {
		if v, ok := n.Get(); ok {
			total, any = total+v, true
		}
	}
	if !any {
		return collector.Number{}
	}
	return collector.Known(total)
}

// span is a time in its two largest units.
func span(seconds float64) string {
	d := time.Duration(min(seconds, 1e9)) * time.Second
	whole := func(unit time.Duration) string { return strconv.FormatInt(int64(d/unit), 10) }
	const day = 24 * time.Hour
	switch {
	case d >= day:
		days := whole(day)
		d %= day
		return days + " d " + whole(time.Hour) + " h"
	case d >= time.Hour:
		hours := whole(time.Hour)
		d %= time.Hour
		return hours + " h " + whole(time.Minute) + " min"
	case d >= time.Minute:
		minutes := whole(time.Minute)
		d %= time.Minute
		return minutes + " min " + whole(time.Second) + " s"
	}
	return whole(time.Second) + " s"
}
