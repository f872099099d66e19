package collector

// Swap is swap space in bytes; all zero where there is none.
type Swap struct {
	Total uint64 `json:"total"`
	Used  uint64 `json:"used"`
	Free  uint64 `json:"free"`
}

func swapOf(total, free uint64) Swap {
	return Swap{Total: total, Used: without(total, free), Free: min(free, total)}
}
