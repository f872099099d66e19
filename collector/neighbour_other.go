//go:build !linux

package collector

import (
	"context"
	"runtime"
)

type neighbourReader struct{}

func newNeighbourReader(roots) neighbourReader { return neighbourReader{} }

func (neighbourReader) read(context.Context) (Part, error) {
	return nil, notHere("no control groups on " + runtime.GOOS)
}
