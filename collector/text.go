package collector

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestText bounds every name and error text in a snapshot, in bytes.
const longestText = 256

// clean makes a text of the system fit for a screen and a log: valid UTF-8, no control characters, bounded. Anybody
// on the host may choose the names of processes, mounts and interfaces.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s { // a byte that is not UTF-8 comes as U+FFFD
		if !unicode.IsPrint(r) { // controls, direction overrides, line separators
			r = unicode.ReplacementChar
		}
		if b.Len()+utf8.RuneLen(r) > longestText {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isClean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= longestText
}
