package collector

// Softnet is what processors have done with packets that came, since boot.
type Softnet struct {
	CPU       int
	Processed uint64
	Dropped   uint64 // there was no room in the queue (net.core.netdev_max_backlog)
	Squeezed  uint64 // there was more to do, and the turn was over (net.core.netdev_budget)
}
