//go:build !linux

package collector

import "context"

type scopeReader struct{}

func newScopeReader(roots) scopeReader { return scopeReader{} }

// read: there are no containers that this process could be in and see less than the machine.
func (scopeReader) read(context.Context) (Part, error) {
	h := ScopeHost
	return &scopePart{Scopes{h, h, h, h, h, h, h, h, h, h, h}}, nil
}
