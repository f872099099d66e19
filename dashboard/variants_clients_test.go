package dashboard

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// What reads each variant, from nothing but its bytes. Each returns what reads the next thing that is told.

// body is a response's, unpacked.
func body(resp *http.Response) io.Reader {
	if resp.Header.Get("Content-Encoding") != "gzip" {
		return resp.Body
	}
	r, err := gzip.NewReader(resp.Body)
	if err != nil {
		return strings.NewReader("not gzip: " + err.Error())
	}
	return r
}

// readIframe reads the document as a browser's parser would: it knows script elements, <hr> and comments.
func readIframe(resp *http.Response, _ *bufio.Reader) func() (heard, error) {
	policy := resp.Header.Get("Content-Security-Policy")
	nonce := regexp.MustCompile(`^default-src 'none'; script-src 'nonce-([^']{20,})'; frame-ancestors 'self'`).FindStringSubmatch(policy)
	if resp.StatusCode != 200 || nonce == nil || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		return failing("%s %v", resp.Status, resp.Header)
	}
	r := bufio.NewReader(body(resp))
	until := func(end string) (string, error) {
		var b []byte
		for !bytes.HasSuffix(b, []byte(end)) {
			c, err := r.ReadByte()
			if err != nil {
				return string(b), err
			}
			b = append(b, c)
		}
		return string(b), nil
	}
	scripts := 0
	var block string
	return func() (heard, error) {
		for {
			text, err := until(">")
			tag := strings.TrimSpace(text)
			switch {
			case err != nil:
				return heard{}, err
			case tag == `<script nonce="`+nonce[1]+`">`:
				if scripts++; scripts > 1 {
					return heard{}, errors.New("a second script may run")
				}
				_, err = until("</script>")
			case tag == `<script type="application/json">`:
				block, err = until("</script>")
				block = strings.TrimSuffix(block, "</script>")
				if strings.Contains(block, "<") {
					return heard{}, fmt.Errorf("a < in %s", block)
				}
			case strings.HasPrefix(tag, "<script"):
				return heard{}, fmt.Errorf("a script with another nonce, or none: %s", tag)
			case strings.HasPrefix(tag, "<!-- heartbeat"):
				return heard{beat: true}, nil
			case tag == "<hr>":
				return told(block)
			}
			if err != nil {
				return heard{}, err
			}
		}
	}
}

// readMultipart trusts mime/multipart, and then the Content-Length as well.
func readMultipart(resp *http.Response, _ *bufio.Reader) func() (heard, error) {
	kind, parameters, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode != 200 || err != nil || kind != "multipart/x-mixed-replace" {
		return failing("%s %v", resp.Status, resp.Header)
	}
	r := multipart.NewReader(body(resp), parameters["boundary"])
	return func() (heard, error) {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) { // the closing boundary; without it the error is another
			return heard{last: "--"}, errEnd
		}
		if err != nil {
			return heard{}, err
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return heard{}, err
		}
		if length := part.Header.Get("Content-Length"); length != strconv.Itoa(len(text)) || part.Header.Get("Content-Type") != "application/json" {
			return heard{}, fmt.Errorf("%d bytes in a part with %v", len(text), part.Header)
		}
		if len(text) == 0 {
			return heard{beat: true}, nil
		}
		return told(string(text))
	}
}

// errEnd is an end in the variant's own words.
var errEnd = errors.New("the end, as it should be")

// readJSONP reads one answer.
func readJSONP(resp *http.Response, _ *bufio.Reader) func() (heard, error) {
	text, err := io.ReadAll(body(resp))
	if resp.StatusCode == 503 && resp.Header.Get("Retry-After") != "" {
		return func() (heard, error) { return heard{last: string(text)}, errEnd }
	}
	inner, isCall := strings.CutPrefix(string(text), "/**/fivewireJSONP(")
	inner, ends := strings.CutSuffix(inner, ");")
	if err != nil || resp.StatusCode != 200 || !isCall || !ends || resp.Header.Get("Content-Type") != "application/javascript; charset=utf-8" ||
		resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Cache-Control") != "no-store" {
		return failing("%v, %s %v %s", err, resp.Status, resp.Header, text)
	}
	var answer struct {
		Messages []json.RawMessage
		Cursor   *string
	}
	if err := json.Unmarshal([]byte(inner), &answer); err != nil || answer.Cursor == nil || answer.Messages == nil {
		return failing("%v in %s", err, text)
	}
	i := -1
	return func() (heard, error) {
		if i++; i < len(answer.Messages) {
			return told(string(answer.Messages[i]))
		}
		if i == 0 && len(answer.Messages) == 0 {
			return heard{beat: true}, nil
		}
		return heard{}, errAskAgain
	}
}

// readCBOR reads frames.
func readCBOR(resp *http.Response, r *bufio.Reader) func() (heard, error) {
	if resp.StatusCode != 101 || resp.Header.Get("Sec-WebSocket-Protocol") != "fivewire.cbor" {
		return failing("%s %v", resp.Status, resp.Header)
	}
	var window []byte
	return func() (heard, error) {
		for {
			first, payload, err := readFrame(r)
			if err != nil {
				return heard{}, err
			}
			switch first {
			case 0x89:
				return heard{beat: true}, nil
			case 0x88:
				return heard{last: strconv.Itoa(int(binary.BigEndian.Uint16(payload)))}, errEnd
			case 0x81: // an answer
				return heard{text: string(payload)}, nil
			case 0xc2:
				if payload, err = inflate(payload, &window); err != nil {
					return heard{}, err
				}
				fallthrough
			case 0x82:
				value, rest, err := decodeCBOR(payload)
				message, ok := value.(map[string]any)
				if err != nil || len(rest) > 0 || !ok {
					return heard{}, fmt.Errorf("%v, %d bytes left of %x", err, len(rest), payload)
				}
				return heard{message: message}, nil
			default:
				return heard{}, fmt.Errorf("a frame that begins with %x", first)
			}
		}
	}
}

func failing(format string, args ...any) func() (heard, error) {
	return func() (heard, error) { return heard{}, fmt.Errorf(format, args...) }
}

// told is a message, or a last word.
func told(text string) (heard, error) {
	h := heard{text: text}
	if err := json.Unmarshal([]byte(text), &h.message); err != nil {
		return h, fmt.Errorf("%w in %q", err, text)
	}
	if h.message["id"] == nil {
		return heard{last: text}, nil
	}
	return h, nil
}

// decodeCBOR takes one value from b: of RFC 8949, what JSON can say.
func decodeCBOR(b []byte) (value any, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, io.ErrUnexpectedEOF
	}
	major, info := b[0]>>5, b[0]&31
	b = b[1:]
	var n uint64
	switch size := 0; {
	case info < 24:
		n = uint64(info)
	case info < 28:
		if size = 1 << (info - 24); len(b) < size {
			return nil, nil, io.ErrUnexpectedEOF
		}
		for _, c := range b[:size] {
			n = n<<8 | uint64(c)
		}
		b = b[size:]
	default:
		return nil, nil, errors.New("a length that is not said")
	}
	switch major {
	case 0:
		return float64(n), b, nil
	case 1:
		return -1 - float64(n), b, nil
	case 3:
		if uint64(len(b)) < n {
			return nil, nil, io.ErrUnexpectedEOF
		}
		return string(b[:n]), b[n:], nil
	case 4:
		list := []any{}
		for range n {
			var v any
			if v, b, err = decodeCBOR(b); err != nil {
				return nil, nil, err
			}
			list = append(list, v)
		}
		return list, b, nil
	case 5:
		object := map[string]any{}
		for range n {
			var k, v any
			if k, b, err = decodeCBOR(b); err != nil {
				return nil, nil, err
			}
			if v, b, err = decodeCBOR(b); err != nil {
				return nil, nil, err
			}
			object[k.(string)] = v
		}
		return object, b, nil
	case 7:
		switch info {
		case 20, 21:
			return info == 21, b, nil
		case 22:
			return nil, b, nil
		case 25: // half: 1 sign, 5 exponent, 10 fraction
			f := math.Ldexp(float64(n&1023), -24)
			if e := int(n >> 10 & 31); e > 0 {
				f = math.Ldexp(float64(n&1023|1024), e-25)
			}
			return math.Copysign(f, 1-2*float64(n>>15)), b, nil
		case 26:
			return float64(math.Float32frombits(uint32(n))), b, nil
		case 27:
			return math.Float64frombits(n), b, nil
		}
	}
	return nil, nil, fmt.Errorf("major type %d with %d", major, info)
}
