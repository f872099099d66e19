package collector

import "strings"

// inside finds the secrets that are part of a word: fields of JSON, of connection strings and of queries, headers,
// passwords in addresses, and keys that are known by their look.
func (r *redactor) inside(w textSpan) {
	for i := w.start; i < w.end; i++ {
		switch r.text[i] {
		case ':':
			if strings.HasPrefix(r.text[i:w.end], "://") {
				r.address(w, i+3)
				continue
			}
			r.login(w, i)
			i = r.pair(w, i)
		case '=':
			i = r.pair(w, i)
		default:
			if i == w.start || !isLetter(r.text[i-1]) && !isDigit(r.text[i-1]) {
				if n := keyAt(r.text[i:w.end]); n > 0 {
					r.blot(i, i+n)
					i += n - 1
				}
			}
		}
	}
}

// pair looks at what is before and behind a "=" or ":" at i. It returns where to go on: each is looked at once, however
// many there are.
func (r *redactor) pair(w textSpan, i int) int {
	name := r.nameBefore(w, i)
	if name.start == name.end {
		return i
	}
	by, before := r.text[i], byte(0)
	if name.start > w.start {
		before = r.text[name.start-1]
	}
	label := strings.TrimLeft(r.of(name), "-")
	kind := secrecyOf(label)
	inQuery := by == '=' && strings.IndexByte("?&;#", before) >= 0 && before != 0
	if kind == notSecret && !(inQuery && isParameter(label)) {
		return i
	}
	value, quoted := r.valueAfter(w, i, inQuery)
	s := r.of(value)
	switch {
	case kind == notSecret && len(s) < 16 && !isSignature(label):
		return i
	case quoted:
	case by == ':' && (before != 0 && strings.IndexByte(`/\@:`, before) >= 0 || s == "" || s[0] == ':' || s[0] == '/'):
		return i // a path, a module, a mount
	case by == ':' && value.start == i+1 && kind == vaguelySecret && strings.Trim(s, "0123456789.") == "":
		return i // a version
	case by == ':' && value.start > i+1 && name.start == w.start:
		value.end = w.end // a header
	case by == ':' && isScheme(s):
		rest := r.text[value.end:w.end]
		word := strings.TrimLeft(rest, " ")
		n := strings.IndexAny(word, ` "'`)
		if n < 0 {
			n = len(word)
		}
		value.end += len(rest) - len(word) + n
	}
	if kind != notSecret && kind.spares(s) {
		return i
	}
	r.blot(value.start, value.end)
	return max(i, value.end-1)
}

// nameBefore is the name that ends before i, perhaps in quotes.
func (r *redactor) nameBefore(w textSpan, i int) textSpan {
	for i > w.start && r.text[i-1] == ' ' {
		i--
	}
	if i > w.start && isQuote(r.text[i-1]) {
		i--
		if i > w.start && r.text[i-1] == '\\' {
			i--
		}
	}
	start := i
	for start > w.start && i-start < 100 && (isNameByte(r.text[start-1]) || r.text[start-1] == ']' || r.text[start-1] == '[') {
		start--
	}
	return textSpan{start, i}
}

// valueAfter is the value behind the "=" or ":" at i, and whether it is in quotes.
func (r *redactor) valueAfter(w textSpan, i int, inQuery bool) (value textSpan, quoted bool) {
	start := i + 1
	if start < w.end && r.text[i] == '=' && r.text[start] == '>' {
		start++
	}
	if r.text[i] == ':' || r.text[start-1] == '>' || i > w.start && r.text[i-1] == ' ' {
		for start < w.end && r.text[start] == ' ' {
			start++
		}
	}
	escaped := start < w.end && r.text[start] == '\\'
	q := start
	if escaped {
		q++
	}
	if q < w.end && isQuote(r.text[q]) {
		for end := q + 1; end < w.end; end++ {
			if r.text[end] == r.text[q] && (r.text[end-1] == '\\') == escaped {
				if escaped {
					end--
				}
				return textSpan{q + 1, max(end, q+1)}, true
			}
		}
		return textSpan{q + 1, w.end}, true
	}
	ends := " &;,\"'`<>)]}|"
	if inQuery {
		ends += "#"
	}
	end := start
	for end < w.end && (strings.IndexByte(ends, r.text[end]) < 0 || end > start && r.text[end-1] == '\\') {
		end++
	}
	return textSpan{start, end}, false
}

// isParameter is for parameters of a query that are secret there and nowhere else: some always, some when they are long.
func isParameter(name string) bool {
	switch strings.ToLower(name) {
	case "key", "code", "session", "state", "ticket", "hash":
		return true
	}
	return isSignature(name)
}

func isSignature(name string) bool {
	switch strings.ToLower(name) {
	case "sig", "signature", "x-amz-signature", "x-amz-credential", "x-goog-signature", "x-goog-credential", "sid", "jwt", "hmac", "pw":
		return true
	}
	return false
}

// address looks for a password in user:password@host; i is behind "://".
func (r *redactor) address(w textSpan, i int) {
	end := i
	for end < w.end && strings.IndexByte(" /?#\"'`<>\\", r.text[end]) < 0 {
		end++
	}
	at := strings.LastIndexByte(r.text[i:end], '@')
	if at < 0 {
		// A password with a slash in it looks like this; a port does not.
		_, port, found := strings.Cut(r.text[i:end], ":")
		if !found || port == "" || isDigit(port[0]) || r.text[i] == '[' {
			return
		}
		for end < w.end && strings.IndexByte(" \"'`<>", r.text[end]) < 0 {
			end++
		}
		if at = strings.LastIndexByte(r.text[i:end], '@'); at < 0 {
			return
		}
	}
	if colon := strings.IndexByte(r.text[i:i+at], ':'); colon >= 0 {
		r.blot(i+colon+1, i+at)
	} else if at > 20 {
		r.blot(i, i+at) // no user's name
	}
}

// login looks for user:password@host and user:password@tcp(host) without a scheme before; i is at the colon.
func (r *redactor) login(w textSpan, i int) {
	start := i
	for start > w.start && (isNameByte(r.text[start-1]) || strings.IndexByte("%+", r.text[start-1]) >= 0) {
		start--
	}
	if start == i || start > w.start && strings.IndexByte(" =,\"'", r.text[start-1]) < 0 {
		return
	}
	switch strings.ToLower(r.text[start:i]) {
	case "mailto", "npm", "sip", "sips", "xmpp":
		return
	}
	end := i + 1
	for end < w.end && end-i < longestShown && strings.IndexByte(" \"'`<>,", r.text[end]) < 0 {
		end++
	}
	rest := r.text[i+1 : end]
	at := max(strings.LastIndex(rest, "@tcp("), strings.LastIndex(rest, "@unix("))
	if at < 0 {
		at = strings.LastIndexByte(rest, '@')
		if at < 0 || strings.IndexByte(rest[:at], '/') >= 0 || strings.HasPrefix(rest[at:], "@sha256:") || at+1 == len(rest) {
			return
		}
	}
	r.blot(i+1, i+1+at)
}

// keyAt is the length of a well-known kind of key that a text begins with; 0 for none.
func keyAt(s string) int {
	switch s[0] {
	case 'e':
		return webTokenAt(s)
	case '-':
		const begin = "-----BEGIN "
		if !strings.HasPrefix(s, begin) || !strings.Contains(s[:min(len(s), 60)], "PRIVATE KEY") {
			return 0
		}
		_, end, found := strings.Cut(s, "-----END ")
		if !found {
			return len(s)
		}
		_, end, _ = strings.Cut(end, "-----")
		return len(s) - len(end)
	}
	for _, kind := range [...]struct {
		prefix string
		least  int // characters behind it
		plain  bool
	}{
		{"AKIA", 12, true}, {"ASIA", 12, true}, // Amazon
		{"ghp_", 20, true}, {"gho_", 20, true}, {"ghu_", 20, true}, {"ghs_", 20, true}, {"ghr_", 20, true}, {"github_pat_", 20, false},
		{"glpat-", 16, false}, {"gldt-", 16, false}, {"glrt-", 16, false}, {"glptt-", 16, false}, {"glcbt-", 16, false}, {"glsoat-", 16, false},
		{"xoxb-", 10, false}, {"xoxp-", 10, false}, {"xoxa-", 10, false}, {"xoxe-", 10, false}, {"xoxr-", 10, false}, {"xoxs-", 10, false}, {"xapp-", 10, false},
		{"sk-", 20, false}, {"sk_live_", 10, true}, {"sk_test_", 10, true}, {"rk_live_", 10, true}, {"whsec_", 16, false},
		{"AIza", 30, false}, {"ya29.", 20, false}, {"npm_", 30, true}, {"pypi-AgE", 20, false}, {"dop_v1_", 30, true},
		{"hvs.", 20, false}, {"hf_", 30, true}, {"SG.", 30, false}, {"AGE-SECRET-KEY-", 20, true},
	} {
		if !strings.HasPrefix(s, kind.prefix) {
			continue
		}
		n := len(kind.prefix)
		for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || !kind.plain && strings.IndexByte("-_.", s[n]) >= 0) {
			n++
		}
		if n-len(kind.prefix) >= kind.least {
			return n
		}
	}
	return 0
}

// webTokenAt is for a JSON web token (RFC 7519): three parts with dots between them, the first of which begins with {".
func webTokenAt(s string) int {
	if !strings.HasPrefix(s, "eyJ") {
		return 0
	}
	n, dots := 0, 0
	for n < len(s) && (isNameByte(s[n]) || s[n] == '=') {
		if s[n] == '.' {
			dots++
		}
		n++
	}
	if dots == 0 || n < 20 {
		return 0
	}
	return n
}
