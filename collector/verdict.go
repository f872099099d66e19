package collector

// Verdict is what a snapshot comes to, in a sentence.
type Verdict struct {
	// State is "healthy", "busy" (worth knowing) or "bad" (somebody should do something).
	State string `json:"state"`
	// Resource is what it is about: "cpu", "memory", "io", "disk", "network", "thermal", "container"; "" when healthy.
	Resource string `json:"resource,omitempty"`
	// Text is the sentence: "I/O-bound for 42 s: postgres (pid 811), 38 % full pressure".
	Text string `json:"text"`
	// Since is when it began, Unix milliseconds.
	Since int64 `json:"since"`
	// PID is the culprit's, 0 for none.
	PID int32 `json:"pid,omitempty"`
}
