// Package address reads a dashboard's address as people copy it from a browser. The page keeps its state in the query
// (?range=1h&theme=dark), and that is for the page alone: the server refuses parameters that a URL does not take.
package address

import (
	"net/url"
	"slices"
)

// Query is what of an address's query goes into a request, whose URL takes such parameters of ours: those, and what is nobody's
// here, for gateways in between may want it.
func Query(address *url.URL, takes ...string) url.Values {
	query := address.Query()
	for name := range query {
		if !slices.Contains(takes, name) && (slices.Contains(OfPage(), name) || slices.Contains(OfTechniques(), name)) {
			query.Del(name)
		}
	}
	return query
}

// OfTechniques are the names of the parameters that all five take.
func OfTechniques() []string { return []string{"after", "every", "viewer", "wait", "compress", "as"} }

// OfPage are the names that the page has for its state.
func OfPage() []string {
	return []string{
		"range", "from", "to", "at", "theme", "zone", "traffic", "share", "bands", "folded", "sort", "filter", "columns", "follow", "processes",
		"lesson", "technique", "compress", "kiosk",
	}
}
