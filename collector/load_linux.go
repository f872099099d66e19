package collector

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// loadSource reads a file that the kernel writes anew every five seconds.
func loadSource(r roots) Source {
	file := kernelFile{path: r.ofProc("loadavg"), prompt: true}
	return Source{Name: "load", Every: time.Second, Read: func(context.Context) (Part, error) {
		b, err := file.read()
		if err != nil {
			return nil, fmt.Errorf("read load: %w", err)
		}
		load, ok := parseLoad(b)
		if !ok {
			return nil, errors.New("read load: /proc/loadavg has none")
		}
		return &loadPart{load}, nil
	}}
}

// parseLoad reads /proc/loadavg (proc_loadavg(5)).
func parseLoad(b []byte) (l Load, ok bool) {
	if !isWhole(b) {
		return Load{}, false
	}
	rest, _ := cutLine(b)
	for _, v := range [3]*float64{&l.One, &l.Five, &l.Fifteen} {
		var word []byte
		word, rest = cutWord(rest)
		if *v, ok = parseDecimal(word); !ok {
			return Load{}, false
		}
	}
	return l, true
}
