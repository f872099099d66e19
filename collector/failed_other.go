//go:build !linux

package collector

import (
	"context"
	"runtime"
)

type failedReader struct{}

func newFailedReader(roots) failedReader { return failedReader{} }

func (failedReader) read(context.Context) (Part, error) {
	return nil, notHere("no systemd units on " + runtime.GOOS)
}
