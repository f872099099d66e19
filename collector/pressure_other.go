//go:build !linux

package collector

import (
	"context"
	"runtime"
)

func pressureSource(roots) Source {
	return Source{Name: "pressure", Read: func(context.Context) (Part, error) {
		return nil, notHere("pressure is not counted on " + runtime.GOOS)
	}}
}
