package transport

import (
	"errors"
	"time"
)

// errFlood is told to a viewer that says too much.
var errFlood = errors.New("more than 200 frames or 256 KiB at once, or than 50 frames or 64 KiB a second after that")

// What a viewer may say: no person and no program of ours comes near it.
const (
	framesPerSecond, framesAtOnce = 50, 200
	bytesPerSecond, bytesAtOnce   = 64 << 10, 256 << 10
)

// budget is a token bucket. The zero budget is full.
type budget struct {
	spent float64       // tokens that are missing
	at    time.Duration // when that was
}

// spend takes n tokens from a bucket that holds most and is filled by rate a second.
func (b *budget) spend(now time.Duration, n, rate, most float64) error {
	b.spent = max(b.spent-(now-b.at).Seconds()*rate, 0) + n
	b.at = now
	if b.spent > most {
		return errFlood
	}
	return nil
}
