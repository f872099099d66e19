//go:build !linux

package collector

import (
	"context"
	"runtime"
)

func frequencySource(roots) Source {
	return Source{Name: "frequency", Read: func(context.Context) (Part, error) {
		return nil, notHere("frequencies are not read on " + runtime.GOOS)
	}}
}
