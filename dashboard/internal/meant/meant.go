// Package meant guesses which name somebody had in mind who wrote one that is none: of a variable, of a parameter.
package meant

import "strings"

const (
	// longest is what is looked at: a longer name is nobody's slip.
	longest = 64
	// far is how many letters may be wrong at the most, and of a short name fewer: one more for each of these.
	far, perLetters = 3, 4
)

// Of is the known name that is nearest; "" where none is near. What both begin with up to a "_" makes none near: of
// FIVEWIRE_FOO and FIVEWIRE_KEY no letter is the same that says something.
func Of(name string, known []string) string {
	if len(name) > longest {
		return ""
	}
	best, least := "", min(far, 1+len(name)/perLetters)+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least && d < len(k)-shared(name, k) {
			best, least = k, d
		}
	}
	return best
}

// shared is how long the words are that both begin with, each with the "_" behind it.
func shared(a, b string) (n int) {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			break
		}
		if a[i] == '_' {
			n = i + 1
		}
	}
	return n
}

// distance is how many letters have to be put, left out or changed to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
