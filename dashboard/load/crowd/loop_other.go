//go:build !linux

package crowd

// native is Linux's.
func native() engine { return nil }
