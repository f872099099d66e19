package collector

// VerdictParts is a verdict's sentence in parts, for who says it in another language.
type VerdictParts struct {
	// Head is what is wrong, in words as in the sentence: "I/O-bound"; "" where the phrases say it all.
	Head string `json:"head,omitempty"`
	// Seconds is for how long it has lasted; of what happened in a moment, how long ago that was.
	Seconds int64 `json:"seconds"`
	// AtLeast is whether it has lasted so long or longer: it was there already when it was first looked at.
	AtLeast bool `json:"at_least,omitempty"`
	// Moment is whether it happened in a moment.
	Moment bool `json:"moment,omitempty"`
	// Over is how many seconds ago it ended, 0 while it lasts.
	Over int64 `json:"over,omitempty"`
	// Phrases are the details, in the order of the sentence.
	Phrases []Phrase `json:"phrases"`
}

// Phrase is one detail of a verdict.
type Phrase struct {
	// Key says which, one of VerdictPhrases: "culprit".
	Key string `json:"key"`
	// Name is the system's name of what it is about, cleaned and shortened as in the sentence; of "also" it is the head of what
	// else is wrong.
	Name string `json:"name,omitempty"`
	// PID is that of the process it is about, 0 for none.
	PID int32 `json:"pid,omitempty"`
	// Figures are its numbers by what they are: "share" (a ratio), "bytes", "in" and "out" (bytes a second), "ms", "celsius"
	// and "critical" (degrees), "rate" (a second), "minutes", "cores", "port", "n" and "of" (a number of something).
	Figures Figures `json:"figures,omitempty"`
}

// Figures are numbers by name.
type Figures map[string]float64

// VerdictPhrases are the keys that a phrase may have, in a new slice.
func VerdictPhrases() []string {
	return []string{
		"also", "available", "band_uses", "blind", "buffer_full", "busy", "children", "culprit", "disk_busy", "disk_slow", "entries", "full", "full_pressure",
		"grew", "group_above", "group_memory", "has", "hot", "inodes", "iowait", "killed", "killed_before", "killed_in", "limit",
		"limit_killed", "looking", "lost", "many_small", "mount", "none_now", "nothing_waits", "others_wait", "partly_blind", "port_queue_full", "queue_full", "rate",
		"sent_again", "short_lived", "swapping", "throttled", "uses", "victim", "victim_named", "withheld",
	}
}

// tell adds a phrase to those of the sentence.
func (t *sentence) tell(key string, figures Figures) *sentence {
	t.phrases = append(t.phrases, Phrase{Key: key, Figures: figures})
	return t
}

// tellOf adds one about something that has a name.
func (t *sentence) tellOf(key, name string, pid int32, figures Figures) *sentence {
	short := sentence{}
	t.phrases = append(t.phrases, Phrase{Key: key, Name: string(short.name(name).b), PID: pid, Figures: figures})
	return t
}

// parts is what a verdict on a rule says, in parts. The phrases are the sentence's no longer.
func (t *sentence) parts(head string, seconds, over int64, moment bool) *VerdictParts {
	return &VerdictParts{Head: head, Seconds: seconds, Over: over, Moment: moment, Phrases: append([]Phrase{}, t.phrases...)}
}
