//go:build !linux

package collector

import (
	"context"
	"runtime"
)

type unitReader struct{}

func newUnitReader(roots) unitReader { return unitReader{} }

func (unitReader) read(context.Context) (Part, error) {
	return nil, notHere("no systemd units on " + runtime.GOOS)
}
