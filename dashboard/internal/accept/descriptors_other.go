//go:build !unix

package accept

import "math"

// openDescriptors is nothing where there are no descriptors.
func openDescriptors() int { return 0 }

// descriptors is unlimited where sockets are not files.
func descriptors() int { return math.MaxInt32 }
