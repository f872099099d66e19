//go:build darwin && !cgo

package collector

import "context"

// processReader reads nothing: without cgo gopsutil would run ps for every process, every second.
type processReader struct{}

func newProcessReader(roots) processReader { return processReader{} }

func (processReader) read(context.Context, *processTable) error {
	return notHere("not in a build without cgo")
}

type detailReader struct{}

func newDetailReader(roots) detailReader { return detailReader{} }

func (detailReader) read(context.Context, identity, *details, dues) (there bool) { return false }
