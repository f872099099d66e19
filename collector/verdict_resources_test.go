package collector

import (
	"slices"
	"testing"
)

// The list of resources has each that a rule is about, and no other.
func TestVerdictResources(t *testing.T) {
	var used []string
	for _, r := range verdictRules() {
		if !slices.Contains(used, r.resource) && r.resource != "" {
			used = append(used, r.resource)
		}
	}
	got := VerdictResources()
	slices.Sort(used)
	slices.Sort(got)
	if !slices.Equal(got, used) {
		t.Errorf("listed %q, in rules %q", got, used)
	}
}
