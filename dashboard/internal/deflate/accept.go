package deflate

import (
	"bytes"
	"strconv"
)

// AcceptsGzip reads the lines of an Accept-Encoding (RFC 9110 section 12.5.3), which are one list (section 5.3): gzip, or
// x-gzip, which is the same (section 8.4.1.3), is named and not refused with a weight of 0. What is only allowed by * is
// not asked for.
func AcceptsGzip(lines [][]byte) bool {
	for _, line := range lines {
		for element := range bytes.SplitSeq(line, []byte{','}) {
			coding, weight, _ := bytes.Cut(element, []byte{';'})
			coding = bytes.TrimSpace(coding)
			if !bytes.EqualFold(coding, []byte("gzip")) && !bytes.EqualFold(coding, []byte("x-gzip")) {
				continue
			}
			name, value, found := bytes.Cut(weight, []byte{'='})
			if !found || !bytes.EqualFold(bytes.TrimSpace(name), []byte{'q'}) {
				return true
			}
			q, err := strconv.ParseFloat(string(bytes.TrimSpace(value)), 64)
			return err == nil && q > 0
		}
	}
	return false
}
