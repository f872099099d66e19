//go:build !linux

package collector

import (
	"context"
	"runtime"
)

type handleReader struct{}

func newHandleReader(roots) *handleReader { return &handleReader{} }

func (*handleReader) read(context.Context) (Part, error) {
	return nil, notHere("handles are not counted on " + runtime.GOOS)
}
