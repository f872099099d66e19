package collector

import "strings"

// A command is what is known of the one whose words are looked at.
type command struct {
	start   int // its first word
	options []secretOption
	finds   bool // its words are what to look for
	setting int  // up to which word one may be set: config set password x
	sql     bool // IDENTIFIED was before
	reads   bool // a password from a pipe
	ends    bool // with a secret
	printed int  // where the words are that echo gives to the next one; there are none for 0
}

// words finds the secrets that have a word of their own, or the rest of one: values of options and variables.
func (r *redactor) words(words []textSpan, depth int) {
	var c command
	for i, w := range words {
		s := r.of(w)
		if depth == 0 {
			r.inside(w)
		}
		if strings.Contains(s, " ") && depth < deepest {
			parts := r.split(w)
			if len(parts) == 1 && parts[0] == w {
				parts = r.fields(w)
			}
			r.words(parts, depth+1)
		}
		if isFinder(s) && (i == c.start || i == c.start+1) {
			c.finds = true
		}
		before := ""
		if i > 0 {
			before = r.of(words[i-1])
		}
		if n := secretBehind(before, s); n > 0 && i+n < len(words) && !strings.HasPrefix(r.of(words[i+n]), "-") {
			r.blot(words[i+n].start, words[i+n].end)
		}
		if options := secretOptions(s); options != nil && !(i == 0 && strings.HasSuffix(s, "login")) { // login(1) has another -p
			c.options = options
			continue
		}
		if strings.HasSuffix(s, ";") || s == "|" || s == "&&" || s == "||" { // another command follows
			printed := 0
			if s == "|" && (r.of(words[c.start]) == "echo" || r.of(words[c.start]) == "printf") {
				printed = c.start + 1
			}
			if c.ends && i > c.start {
				r.blotWord(words, i-1)
			}
			c = command{start: i + 1, printed: printed}
			continue
		}
		r.option(c.options, words, i)
		if i == 0 || !isScript(before, s) {
			r.named(words, i, &c)
		}
		if s == "<<<" && c.reads {
			r.blotWord(words, i+1)
		}
		c.reads = c.reads || readsPassword(s)
		c.ends = c.ends || endsSecret(before, s)
		if c.printed > 0 && readsPassword(s) {
			for _, printed := range words[c.printed : c.start-1] {
				if !strings.HasPrefix(r.of(printed), "-") {
					r.blot(printed.start, printed.end)
				}
			}
			c.printed = 0
		}
	}
	if n := len(words); c.ends && n > 0 {
		r.blotWord(words, n-1)
	}
}

// fields takes part of the text apart at its spaces alone.
func (r *redactor) fields(within textSpan) []textSpan {
	var words []textSpan
	for i := within.start; i < within.end; i++ {
		start := i
		for i < within.end && r.text[i] != ' ' {
			i++
		}
		end := i
		for start < end && isQuote(r.text[start]) {
			start++
		}
		for start < end && isQuote(r.text[end-1]) {
			end--
		}
		if start < end {
			words = append(words, textSpan{start, end})
		}
	}
	return words
}

// isScript: sh -c "PASSWORD=x run" has a command in its argument, of which not all is secret.
func isScript(before, s string) bool {
	return strings.Contains(s, " ") && len(before) > 1 && isBundle(before, "-c")
}

// named looks for a word that names a secret: --password=x, --password x, PASSWORD=x, password: x, password = x,
// set password x, /password:x. SQL has IDENTIFIED BY 'x' and SET PASSWORD FOR a = 'x'.
func (r *redactor) named(words []textSpan, i int, c *command) {
	w := words[i]
	s := r.of(w)
	bare := strings.TrimLeft(s, "-")
	dashed := len(bare) < len(s)
	name, value, given := strings.Cut(bare, "=")
	if given {
		if kind := secrecyOfOption(s[:len(s)-len(value)-1]); kind != notSecret && !kind.spares(value) {
			r.blot(w.end-len(value), w.end)
		}
		return
	}
	if label, value, found := strings.Cut(strings.TrimPrefix(s, "/"), ":"); found && s[0] == '/' {
		if secrecyOf(label) == surelySecret && !strings.HasPrefix(value, "/") && !strings.Contains(label, "/") {
			r.blot(w.end-len(value), w.end)
			return
		}
	}
	word := func(n int) string {
		if i+n >= len(words) {
			return ""
		}
		return r.of(words[i+n])
	}
	next := 1 // the word that is secret
	switch strings.ToLower(s) {
	case "set", "put", "config", "mod", "modify":
		c.setting = i + 8
	case "identified":
		c.sql = true
	case "by":
		if c.sql && !strings.EqualFold(word(1), "password") {
			r.blotWord(words, i+1)
			c.sql = false
		}
		return
	case "bearer":
		if len(word(1)) >= 8 {
			r.blotWord(words, i+1)
		}
		return
	}
	label := strings.TrimSuffix(name, ":")
	kind := secrecyOf(label)
	setting := i < c.setting && !dashed
	if setting {
		kind = secrecyOf(label[strings.LastIndexAny(label, "/:")+1:])
	}
	if kind == notSecret {
		return
	}
	switch value := word(1); {
	case value == "=" || value == ":" || value == ":=":
		next = 2
	case label != name:
		if w.end < len(r.text) && isQuote(r.text[w.end]) {
			return // a prompt
		}
		if isScheme(value) {
			r.blotWord(words, i+2)
		}
	case dashed:
		if strings.HasPrefix(value, "-") || setting {
			return // it takes no value
		}
	case isPassword(label) && strings.EqualFold(value, "for"): // SQL
		for next = 2; word(next) != "="; next++ {
			if next == 8 {
				return
			}
		}
		next++
	case strings.HasPrefix(value, "-"), !setting && isSQL(value):
		return
	case setting:
	case i == c.start || c.finds || kind != surelySecret || !isPassword(label):
		return // a word like any other
	}
	if dashed && i < c.setting && kind == vaguelySecret {
		return // config set --secret name x
	}
	if !kind.spares(word(next)) && !strings.HasPrefix(strings.ToLower(word(next)), "password(") {
		r.blotWord(words, i+next)
	}
}

// isSQL: select password from users.
func isSQL(s string) bool {
	switch strings.ToLower(s) {
	case "from", "is", "in", "and", "or", "not", "expire", "where", "like":
		return true
	}
	return false
}

func (r *redactor) blotWord(words []textSpan, i int) {
	if i < len(words) {
		r.blot(words[i].start, words[i].end)
	}
}

// option looks for an option of the program, which has no telling name.
func (r *redactor) option(program []secretOption, words []textSpan, i int) {
	w := words[i]
	s := r.of(w)
	for _, o := range program {
		value := textSpan{w.end, w.end}
		switch {
		case o.name == "": // a word that is no option
			if strings.IndexByte("-/@.", (s + "-")[0]) >= 0 {
				continue
			}
			value = w
		case s == o.name && !o.attached, o.bundled && isBundle(s, o.name):
			if i+1 < len(words) {
				value = words[i+1]
			}
		case strings.HasPrefix(s, o.name+"=") && len(o.name) > 2:
			value.start = w.start + len(o.name) + 1
		case strings.HasPrefix(s, o.name) && len(s) > len(o.name) && !o.separate && len(o.name) == 2 || o.attached && strings.HasPrefix(s, o.name):
			value.start = w.start + len(o.name)
		default:
			continue
		}
		if o.after != "" {
			_, behind, found := strings.Cut(r.of(value), o.after)
			if !found {
				return
			}
			value.start = value.end - len(behind)
		}
		r.blot(value.start, value.end)
		return
	}
}

// isBundle: -sSu ends with -u.
func isBundle(s, option string) bool {
	if len(s) < 2 || s[0] != '-' || s[1] == '-' || s[len(s)-1] != option[1] {
		return false
	}
	return strings.IndexFunc(s[1:], func(r rune) bool { return !isLetter(byte(r)) || r > 'z' }) < 0
}
