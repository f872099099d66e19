//go:build !linux

package collector

import (
	"context"
	"runtime"
)

type socketReader struct{}

func newSocketReader(roots) *socketReader { return &socketReader{} }

func (*socketReader) read(context.Context) (Part, error) {
	return nil, notHere("sockets are not counted on " + runtime.GOOS)
}
