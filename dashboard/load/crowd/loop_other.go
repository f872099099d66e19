//go:build !linux

package crowd

// native is Linux's.
func native() engine { return nil }

// reason is an error as it is.
func reason(err error) string { return err.Error() }
