package collector

import (
	"bytes"
	"errors"
	"time"
)

const (
	// softnetEvery is how often the table is read: it is for /metrics alone, which nobody asks for more often.
	softnetEvery = 5 * time.Second
	// mostSoftnet bounds the processors.
	mostSoftnet = 8192
	// softnetCPU is the column that has the processor's number, since Linux 5.10. Before that a line's place has to do,
	// and is wrong behind a processor that is switched off.
	softnetCPU = 12
)

var errSoftnet = errors.New("malformed table of received packets")

// A softnetReader reads /proc/net/softnet_stat.
type softnetReader struct {
	file maybeFile
	at   time.Time
	last []Softnet
}

// read returns the table as it was at most softnetEvery ago. Nobody may write to it.
func (s *softnetReader) read(now time.Time) ([]Softnet, error) {
	if !s.at.IsZero() && now.Sub(s.at) < softnetEvery {
		return s.last, nil
	}
	s.at, s.last = now, nil
	b, err := s.file.read(now)
	if err != nil {
		return nil, nil // this kernel has none
	}
	s.last, err = parseSoftnet(b)
	return s.last, err
}

// parseSoftnet reads hexadecimal numbers, a line for each processor (softnet_seq_show in net/core/net-procfs.c). What is
// malformed is left out, and is an error.
func parseSoftnet(b []byte) (list []Softnet, err error) {
	list = make([]Softnet, 0, min(bytes.Count(b, []byte("\n")), mostSoftnet))
	for line := 0; len(b) > 0 && line < mostSoftnet; line++ {
		text, rest := cutLine(b)
		if rest == nil { // torn
			return list, errSoftnet
		}
		b = rest
		n := Softnet{CPU: line}
		columns, bad := 0, false
		for ; ; columns++ {
			var word []byte
			if word, text = cutWord(text); len(word) == 0 {
				break
			}
			v, ok := parseHex(word)
			bad = bad || !ok
			switch columns {
			case 0:
				n.Processed = v
			case 1:
				n.Dropped = v
			case 2:
				n.Squeezed = v
			case softnetCPU:
				n.CPU = int(v)
			}
		}
		if bad || columns < 3 || n.CPU >= mostSoftnet {
			err = errSoftnet
			continue
		}
		list = append(list, n)
	}
	return list, err
}

// parseHex reads eight digits at the most, as the kernel writes numbers of 32 bits.
func parseHex(word []byte) (v uint64, ok bool) {
	if len(word) == 0 || len(word) > 8 {
		return 0, false
	}
	for _, c := range word {
		digit := bytes.IndexByte([]byte("0123456789abcdef"), c)
		if digit < 0 {
			return 0, false
		}
		v = v<<4 | uint64(digit)
	}
	return v, true
}
