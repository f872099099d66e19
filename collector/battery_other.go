//go:build !linux

package collector

import (
	"context"
	"runtime"
	"time"
)

func batterySource(roots) Source {
	return Source{Name: "batteries", Every: 10 * time.Second, Read: func(context.Context) (Part, error) {
		return nil, notHere("batteries are not read on " + runtime.GOOS)
	}}
}
