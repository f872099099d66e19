package collector

import "time"

// FailedUnits are the units that systemd has given up on: what started and ended badly, and was not started again.
type FailedUnits struct {
	Total int      `json:"total"`
	Names []string `json:"names"` // "backup.service", in the order of names, at most 32
}

// mostFailed bounds the names.
const mostFailed = 32

// Failures come seldom, and asking costs systemd something too: once in a while is enough.
func failedSource(r roots) Source {
	reader := newFailedReader(r)
	return Source{Name: "failed_units", Every: 15 * time.Second, Read: reader.read}
}
