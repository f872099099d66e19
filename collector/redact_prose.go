package collector

import "strings"

// isSentence tells whether a name with a colon at its end is a word of a sentence, as in "auth: handle errors" and
// "fix the token: done": it is all in small letters, and next to it are words of
// letters alone. A header has a big letter, and one value: "Authorization: x".
func (r *redactor) isSentence(start, end int) bool {
	name := strings.TrimRight(r.text[start:end], ":")
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz/") != "" {
		return false
	}
	around := r.text[end:min(len(r.text), end+80)]
	first, rest := nextWord(around)
	if !isPlain(first) || isScheme(first) {
		return false
	}
	if second, _ := nextWord(rest); isPlain(second) {
		return true
	}
	before := strings.TrimRight(r.text[max(0, start-40):start], " ")
	before = before[strings.LastIndexByte(before, ' ')+1:]
	return start > 0 && r.text[start-1] == ' ' && isPlain(strings.TrimLeft(before, `"'`))
}

// nextWord is the first word of a text, which ends with a quote too, and what is behind.
func nextWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, " ")
	n := strings.IndexAny(s, ` "'`)
	if n < 0 {
		return s, ""
	}
	if isQuote(s[n]) {
		return s[:n], ""
	}
	return s[:n], s[n:]
}

// isPlain is for words as they are in a sentence: of letters, perhaps with a mark behind, or the number of an issue.
func isPlain(s string) bool {
	if len(s) > 20 {
		return false
	}
	if number, found := strings.CutPrefix(s, "#"); found {
		return len(number) < 6 && strings.Trim(number, "0123456789") == ""
	}
	if n := len(s); n > 2 && strings.IndexByte(".,;:!?)", s[n-1]) >= 0 {
		s = s[:n-1]
	}
	letters := strings.Trim(s[min(len(s), 1):], "abcdefghijklmnopqrstuvwxyz'-")
	return s != "" && isLetter(s[0]) && letters == ""
}
