//go:build !unix

package accept

import "math"

// openDescriptors is nothing where there are no descriptors.
func openDescriptors() int { return 0 }

// Descriptors is unlimited where sockets are not files.
func Descriptors() int { return math.MaxInt32 }
