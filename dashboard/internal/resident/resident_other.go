//go:build !linux

package resident

// Find finds nothing here.
func Find() (Program, error) { return Program{}, nil }

// Release does nothing here.
func (Program) Release() error { return nil }
