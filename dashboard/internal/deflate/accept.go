package deflate

import (
	"bytes"
	"strconv"
)

// AcceptsGzip reads the lines of an Accept-Encoding (RFC 9110 section 12.5.3), which are one list (section 5.3): gzip, or
// x-gzip, which is the same (section 8.4.1.3), is named and not refused with a weight of 0, nor with less than identity has
// where that is named too. What is only allowed by * is not asked for, unless identity is refused.
func AcceptsGzip(lines [][]byte) bool {
	const unnamed = -1
	gzip, identity, others := float64(unnamed), float64(unnamed), float64(unnamed)
	for _, line := range lines {
		for element := range bytes.SplitSeq(line, []byte{','}) {
			coding, parameter, _ := bytes.Cut(element, []byte{';'})
			var of *float64
			switch string(bytes.ToLower(bytes.TrimSpace(coding))) {
			case "gzip", "x-gzip":
				of = &gzip
			case "identity":
				of = &identity
			case "*":
				of = &others
			default:
				continue
			}
			if *of == unnamed {
				*of = weight(parameter)
			}
		}
	}
	if gzip == unnamed && identity == 0 {
		gzip = others
	}
	return gzip > 0 && gzip >= identity
}

// weight is what a coding's parameter says, 1 if it says none, and 0 if that is no number.
func weight(parameter []byte) float64 {
	name, value, found := bytes.Cut(parameter, []byte{'='})
	if !found || !bytes.EqualFold(bytes.TrimSpace(name), []byte{'q'}) {
		return 1
	}
	q, err := strconv.ParseFloat(string(bytes.TrimSpace(value)), 64)
	if err != nil || !(q > 0) { // NaN is none
		return 0
	}
	return q
}
