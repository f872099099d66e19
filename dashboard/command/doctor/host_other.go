//go:build !linux

package doctor

// fill has nothing to add: the checks that would ask are Linux's.
func fill(*Host) {}
