//go:build !linux

package collector

type amdReader struct{}

func newAMD(roots) amdReader { return amdReader{} }

func (amdReader) read() ([]GPU, error) { return nil, nil }

func nvidiaSleeps(roots) bool { return false }
