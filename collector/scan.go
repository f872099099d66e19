package collector

import "bytes"

// The kernel's tables are lines of words. These walk through them without allocating; what they return is part of what
// they were given.

// cutLine returns the first line of b without its end, and what follows.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// cutWord returns the first word of a line, empty when there is none, and what follows.
func cutWord(line []byte) (word, rest []byte) {
	start := 0
	for start < len(line) && isBlank(line[start]) {
		start++
	}
	end := start
	for end < len(line) && !isBlank(line[end]) {
		end++
	}
	return line[start:end], line[end:]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// cutUint returns the first word of a line as a number; ok is false when it is none.
func cutUint(line []byte) (v uint64, rest []byte, ok bool) {
	word, rest := cutWord(line)
	v, ok = parseUint(word)
	return v, rest, ok
}

// parseUint reads decimal digits and nothing else, up to what 64 bits hold.
func parseUint(word []byte) (uint64, bool) {
	if len(word) == 0 {
		return 0, false
	}
	v := uint64(0)
	for i, c := range word {
		d := uint64(c - '0')
		if d > 9 || i >= 19 && v > (1<<64-1-d)/10 { // 19 digits always fit
			return 0, false
		}
		v = v*10 + d
	}
	return v, true
}

// parseDecimal reads digits with at most one point between them, "0.42": how the kernel writes fractions. More than 15
// digits after the point are too many for any of its numbers.
func parseDecimal(word []byte) (float64, bool) {
	i := bytes.IndexByte(word, '.')
	if i < 0 {
		v, ok := parseUint(word)
		return float64(v), ok
	}
	whole, ok := parseUint(word[:i])
	part, ok2 := parseUint(word[i+1:])
	digits := len(word) - i - 1
	if !ok || !ok2 || digits > 15 {
		return 0, false
	}
	scale := uint64(1)
	for range digits {
		scale *= 10
	}
	if whole < 1<<53/scale { // one division is rounded once: what a float of that text is
		return float64(whole*scale+part) / float64(scale), true
	}
	return float64(whole) + float64(part)/float64(scale), true
}

// isWhole: every line has its end. The kernel ends each, so the last number of a file without is cut short.
func isWhole(b []byte) bool { return len(b) > 0 && b[len(b)-1] == '\n' }
