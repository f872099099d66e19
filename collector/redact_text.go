package collector

import "strings"

// inside finds the secrets that are part of a word: fields of JSON, of connection strings and of queries, headers,
// passwords in addresses, and keys that are known by their look.
func (r *redactor) inside(w textSpan) {
	for i := w.start; i < w.end; i++ {
		switch r.text[i] {
		case ':':
			if strings.HasPrefix(r.text[i:w.end], "://") {
				i = max(i, r.address(w, i+3))
				continue
			}
			r.login(w, i)
			i = r.pair(w, i)
		case '=':
			i = r.pair(w, i)
		case '(':
			i = r.call(w, i)
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
	kind := secrecyOfOption(r.of(name))
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
	case by == '=' && isPath(s) && strings.HasSuffix(r.text[w.start:name.start], "-file="): // kubectl … --from-file=password=./x
		return i
	case by == ':' && value.start == i+1 && isTest(label):
		return i
	case by == ':' && (before != 0 && strings.IndexByte(`/\@:`, before) >= 0 || s == "" || s[0] == ':' || s[0] == '/'):
		return i // a path, a module, a mount
	case by == ':' && value.start == i+1 && kind == vaguelySecret && strings.Trim(s, "0123456789.") == "":
		return i // a version
	case by == ':' && value.start > i+1 && r.isSentence(name.start, i+1):
		return i
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
	case by == '=' && (!inQuery || before == ';'):
		value.end = r.connectionEnd(w, name, value)
	}
	if kind.spares(s) {
		return i
	}
	r.blot(value.start, value.end)
	return max(i, value.end-1)
}

// call looks for secrets in password('x') and auth('me', 'x'); i is at the parenthesis.
func (r *redactor) call(w textSpan, i int) int {
	if r.hasSecretColumn(w, i) {
		return r.literals(w, i)
	}
	if i+1 == w.end || !isQuote(r.text[i+1]) {
		return i
	}
	name := r.nameBefore(w, i)
	if name.end < i || secrecyOf(r.of(name)) == notSecret && !strings.HasSuffix(r.of(name), "login") {
		return i
	}
	return r.literals(textSpan{w.start, r.closing(w, i)}, i)
}

// literals blots out what is in quotes from i on. It returns where to go on.
func (r *redactor) literals(w textSpan, i int) int {
	for ; i < w.end && r.text[i] != ';'; i++ {
		if !isQuote(r.text[i]) {
			continue
		}
		value, _ := r.valueAfter(w, i-1, false)
		if !strings.HasSuffix(strings.TrimRight(r.of(value), " "), ":") { // a prompt
			r.blot(value.start, value.end)
		}
		i = max(i, value.end)
	}
	return i - 1
}

// hasSecretColumn tells whether the parenthesis at i begins the columns of a statement of SQL, as in INSERT INTO users
// (name, password) VALUES ('me', 'x'), and one of them is secret. Then none of the values is shown: which is which takes a
// parser.
func (r *redactor) hasSecretColumn(w textSpan, i int) bool {
	before := strings.TrimRight(r.text[max(w.start, i-100):i], " ")
	before = strings.TrimRight(before[:strings.LastIndexByte(before, ' ')+1], " ")
	if n := len(before) - len("into"); n < 0 || !strings.EqualFold(before[n:], "into") {
		return false
	}
	columns, _, _ := strings.Cut(r.text[i+1:min(w.end, i+longestShown)], ")")
	for column := range strings.SplitSeq(columns, ",") {
		if secrecyOf(strings.Trim(column, " \"'`[]\\")) != notSecret {
			return true
		}
	}
	return false
}

// connectionEnd is where a value ends that may be part of a connection string, such as Server=h;Password=x y;Db=d: not
// at blanks. A script, PASSWORD=x run; ls, looks much the same.
func (r *redactor) connectionEnd(w, name, value textSpan) int {
	label := r.of(name)
	if strings.Contains(label, "_") || len(label) > 3 && strings.ToUpper(label) == label {
		return value.end // a variable
	}
	rest := r.text[value.end:w.end]
	if n := strings.IndexAny(rest, ";}\"'"); n >= 0 {
		rest = rest[:n]
	}
	end := value.end + len(rest)
	if end < w.end && r.text[end] == ';' && startsPair(r.text[end+1:min(w.end, end+60)]) {
		return end
	}
	before := strings.TrimRight(r.text[max(w.start, name.start-100):name.start], " ")
	if !strings.HasSuffix(before, ";") || w.start == 0 && strings.Contains(rest, " -") { // other arguments
		return value.end
	}
	before = before[strings.LastIndexByte(before[:len(before)-1], ';')+1:]
	if !strings.Contains(before, "=") {
		return value.end
	}
	return end
}

// startsPair: a text begins with something like "User Id=".
func startsPair(s string) bool {
	n := strings.IndexByte(s, '=')
	return n > 0 && strings.IndexFunc(s[:n], func(r rune) bool { return r != ' ' && (r > 'z' || !isNameByte(byte(r))) }) < 0
}

// nameBefore is the name that ends before i, perhaps in quotes and brackets.
func (r *redactor) nameBefore(w textSpan, i int) textSpan {
	for i > w.start && r.text[i-1] == ' ' {
		i--
	}
	for n := 0; n < 4 && i > w.start && strings.IndexByte("\"'\\]}", r.text[i-1]) >= 0; n++ {
		i--
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
	if start < w.end && strings.IndexByte("{[(", r.text[start]) >= 0 {
		return textSpan{start, r.closing(w, start)}, true
	}
	escaped := start < w.end && r.text[start] == '\\'
	q := start
	if escaped {
		q++
	}
	if q < w.end && isQuote(r.text[q]) && r.isPrompt(w, i, q) {
		return textSpan{q, q}, false
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

// closing is behind the bracket that belongs to the one at start, or the end.
func (r *redactor) closing(w textSpan, start int) int {
	depth, quote := 0, byte(0)
	for i := start; i < w.end; i++ {
		switch c := r.text[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"':
			quote = c
		case c == '{' || c == '[' || c == '(':
			depth++
		case c == '}' || c == ']' || c == ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return w.end
}

// isPrompt: in read -p 'Password: ' x the quote at q ends something; it does not begin a value.
func (r *redactor) isPrompt(w textSpan, i, q int) bool {
	return r.text[i] == ':' && !isQuote(r.text[i-1]) && strings.Count(r.text[w.start:q], r.text[q:q+1])%2 == 1
}

// isTest: go test -run TestToken:x.
func isTest(name string) bool {
	return len(name) > 4 && strings.HasPrefix(name, "Test") && name[4] >= 'A' && name[4] <= 'Z'
}

// isParameter is for parameters of a query that are secret there and nowhere else: some always, some when they are long.
func isParameter(name string) bool {
	switch strings.ToLower(name) {
	case "key", "session", "state", "ticket", "hash":
		return true
	}
	return isSignature(name)
}

func isSignature(name string) bool {
	switch strings.ToLower(name) {
	case "sig", "signature", "x-amz-signature", "x-amz-credential", "x-goog-signature", "x-goog-credential", "code", "sid", "jwt", "hmac", "pw":
		return true
	}
	return false
}
