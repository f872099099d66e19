// Package redact blots out of an HTTP head what nobody else may see.
//
// # What is promised
//
// What is shown is what is known to be harmless: the fields in a list, and the values of the query's parameters that are
// ours. Everything else (Cookie, Authorization, Set-Cookie, what a proxy has added to say who it is, fields that nobody
// here has heard of, keys in URLs) keeps its name and loses its value. A blotted byte becomes a *, so lengths stay what they
// were. Line ends and the shape of the head stay too.
//
// It is pure, and takes any bytes.
package redact

import (
	"bytes"
	"slices"
	"strings"
)

// harmless are the fields whose values are shown as they are. In those of asURL, credentials and foreign parameters are
// blotted out.
var harmless = []string{
	"accept", "accept-charset", "accept-encoding", "accept-language", "accept-ranges", "age", "allow", "cache-control",
	"connection", "content-encoding", "content-language", "content-length", "content-security-policy", "content-type",
	"cross-origin-embedder-policy", "cross-origin-opener-policy", "cross-origin-resource-policy", "date", "dnt", "etag",
	"expect", "expires", "fivewire-fault", "host", "if-modified-since", "if-none-match", "keep-alive", "last-event-id",
	"last-modified", "max-forwards", "origin", "permissions-policy", "pragma", "priority", "proxy-connection", "range",
	"referrer-policy", "retry-after", "save-data", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-fetch-dest",
	"sec-fetch-mode", "sec-fetch-site", "sec-fetch-storage-access", "sec-fetch-user", "sec-gpc", "sec-websocket-accept",
	"sec-websocket-extensions", "sec-websocket-key", "sec-websocket-version", "server", "te", "trailer",
	"transfer-encoding", "upgrade", "upgrade-insecure-requests", "user-agent", "vary", "via", "x-accel-buffering",
	"x-content-type-options", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix",
	"x-forwarded-proto", "x-frame-options", "x-real-ip",
}

var asURL = []string{"referer", "location", "content-location"}

// parameters are those of our own URLs.
var parameters = []string{
	"after", "as", "compress", "every", "exchanges", "from", "limit", "pid", "points", "series", "sort", "technique", "to",
	"tree", "viewer", "wait",
}

// Head blots out, in place, what must not be shown in the head of a request or a response, or the beginning of one. It tells
// whether there was something.
func Head(head []byte) (blotted bool) {
	line, rest := cutLine(head)
	if !bytes.HasPrefix(line, []byte("HTTP/")) {
		blotted = requestLine(line)
	}
	hidden := false // the field that a folded line continues
	for len(rest) > 0 {
		line, rest = cutLine(rest)
		if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			if hidden {
				blotted = blot(line) || blotted
			}
			continue
		}
		var found bool
		found, hidden = field(line)
		blotted = found || blotted
	}
	return blotted
}

// cutLine cuts behind the first line, whose end is not part of it.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

// requestLine blots out of the target what does not belong to us.
func requestLine(line []byte) bool {
	_, target, ok := bytes.Cut(line, []byte(" "))
	if !ok {
		return false
	}
	if i := bytes.LastIndex(target, []byte(" HTTP/")); i >= 0 {
		target = target[:i]
	}
	return address(target)
}

// field blots out a field's value unless it is harmless; hidden says that all of it is.
func field(line []byte) (blotted, hidden bool) {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		if len(bytes.TrimSpace(line)) == 0 {
			return false, false
		}
		return blot(line), true // no field: nobody knows what
	}
	switch lower := strings.ToLower(string(bytes.TrimSpace(name))); {
	case slices.Contains(harmless, lower):
		return false, false
	case slices.Contains(asURL, lower):
		return address(value), true
	case lower == "sec-websocket-protocol":
		return protocols(value), true
	}
	return blot(value), true
}

// address blots out of a URL, or a part of one, who asks, and parameters that are not ours.
func address(url []byte) (blotted bool) {
	path, query, _ := bytes.Cut(url, []byte("?"))
	if before, behind, ok := bytes.Cut(path, []byte("//")); ok {
		host, _, _ := bytes.Cut(behind, []byte("/"))
		if i := bytes.LastIndexByte(host, '@'); i >= 0 {
			blotted = blot(path[len(before)+2 : len(before)+2+i])
		}
	}
	query, fragment, _ := bytes.Cut(query, []byte("#"))
	if blot(fragment) {
		blotted = true
	}
	if _, fragment, ok := bytes.Cut(path, []byte("#")); ok {
		blotted = blot(fragment) || blotted
	}
	for len(query) > 0 {
		var one []byte
		one, query, _ = bytes.Cut(query, []byte("&"))
		name, value, ok := bytes.Cut(one, []byte("="))
		switch {
		case ok && slices.Contains(parameters, string(name)):
		case ok:
			blotted = blot(value) || blotted
		default: // a key may stand there alone
			blotted = blot(one) || blotted
		}
	}
	return blotted
}

// protocols blots out what is no subprotocol of ours: some carry a token in this field, because a page can set no other.
func protocols(value []byte) (blotted bool) {
	for len(value) > 0 {
		var one []byte
		one, value, _ = bytes.Cut(value, []byte(","))
		if !bytes.HasPrefix(bytes.TrimSpace(one), []byte("fivewire.")) {
			blotted = blot(one) || blotted
		}
	}
	return blotted
}

// blot makes every byte but blanks a *. It tells whether there was one.
func blot(b []byte) (blotted bool) {
	for i, c := range b {
		if c != ' ' && c != '\t' && c != '\r' {
			b[i] = '*'
			blotted = true
		}
	}
	return blotted
}
