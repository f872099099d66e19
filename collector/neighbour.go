package collector

import (
	"time"
)

// neighbourSource fills Neighbours: with the control groups of the other containers whose processes are in sight, which
// is so in a pod with shareProcessNamespace, beside a container whose process namespace was joined, and on a host. Limits
// and use are read as that container sees them itself, through /proc/PID/root: it takes the same user or
// CAP_SYS_PTRACE, and no mount.
func neighbourSource(r roots) Source {
	reader := newNeighbourReader(r)
	return Source{Name: "neighbours", Every: 5 * time.Second, Read: reader.read}
}
