package collector

import (
	"slices"
	"strings"
)

// A command is what is known of the one whose words are looked at.
type command struct {
	start    int      // its first word
	secrets  []string // where its programs take them, as secretsOf says: any of its words may be called like one
	says     bool     // its words are what to look for, or to say
	setting  int      // up to which word one may be set: config set password x
	sql      bool     // IDENTIFIED was before
	reads    bool     // a password from a pipe
	ends     int      // with a secret, at this word or behind it; 0 for not
	prompted bool     // a script of expect(1) waits to be asked for a password, and sends it
	printed  int      // where the words are that echo gives to the next one; there are none for 0
}

// words finds the secrets that have a word of their own, or the rest of one: values of options and variables. A script
// is one of a shell.
func (r *redactor) words(words []textSpan, depth int, script bool) {
	var c command
	for i, w := range words {
		s := r.of(w)
		before := ""
		if i > 0 {
			before = r.of(words[i-1])
		}
		if depth == 0 {
			r.inside(w)
		}
		if strings.Contains(s, " ") && depth < deepest {
			parts := r.split(w)
			if len(parts) == 1 && parts[0] == w {
				parts = r.fields(w)
			}
			r.words(parts, depth+1, isScript(before, s))
		}
		for _, secrets := range c.secrets {
			r.program(&c, secrets, words, i, false)
		}
		if secrets := secretsOf(s); secrets != "" && !(i == 0 && strings.HasSuffix(s, "login")) { // login(1) has another -p
			if !slices.Contains(c.secrets, secrets) {
				c.secrets = append(c.secrets, secrets)
			}
			r.program(&c, secrets, words, i, true)
			continue
		}
		if r.separates(w, depth) { // another command follows
			next := command{start: i + 1, prompted: c.prompted || asksPassword(s)}
			if s == "|" && (r.of(words[c.start]) == "echo" || r.of(words[c.start]) == "printf") {
				next.printed = c.start + 1
			}
			if r.given && depth == 0 {
				next.secrets = c.secrets
			}
			last := i - 1
			if len(s) > 1 && s[len(s)-1] == ';' {
				last = i
			}
			r.end(&c, words, last)
			c = next
			continue
		}
		if i == c.start || i == c.start+1 {
			c.says = c.says || saysWords(s)
		}
		if i == 0 || !isScript(before, s) {
			r.named(words, i, &c, depth > 0 && !script)
		}
		r.piped(words, i, &c)
		r.sent(words, i, &c)
	}
	r.end(&c, words, len(words)-1)
}

// separates tells whether another command follows on a word. In quotes it is a word like any other: mysql -e "select 1;" -psecret.
// So it is among arguments, but for find(1), whose commands end with one.
func (r *redactor) separates(w textSpan, depth int) bool {
	s := r.of(w)
	switch {
	case s == ";" || s == "|" || s == "&&" || s == "||":
	case !strings.HasSuffix(s, ";") || strings.Contains(s, " ") || r.given && depth == 0:
		return false
	}
	rest := r.text[w.end:]
	return rest == "" || !isQuote(rest[0]) && !strings.HasPrefix(rest, closeQuote)
}

// end is for what follows from the last word of a command.
func (r *redactor) end(c *command, words []textSpan, last int) {
	if c.ends > 0 && last >= c.ends && !strings.HasPrefix(r.of(words[last]), "-") {
		w := words[last]
		r.blot(w.start, w.start+len(strings.TrimSuffix(r.of(w), ";")))
	}
}

// piped looks for a password that is given to a program from a pipe or a line: echo x | passwd --stdin, passwd <<< x.
func (r *redactor) piped(words []textSpan, i int, c *command) {
	s := r.of(words[i])
	if s == "<<<" && c.reads {
		r.blotWord(words, i+1)
	}
	reads := readsPassword(s)
	c.reads = c.reads || reads || r.of(words[c.start]) == "read" && secrecyOf(s) != notSecret
	if c.printed > 0 && reads {
		for _, printed := range words[c.printed : c.start-1] {
			if !strings.HasPrefix(r.of(printed), "-") {
				r.blot(printed.start, printed.end)
			}
		}
		c.printed = 0
	}
}

// sent looks for a password that a script of expect(1) sends when it is asked for one.
func (r *redactor) sent(words []textSpan, i int, c *command) {
	s := r.of(words[i])
	if !c.prompted {
		c.prompted = asksPassword(s)
	} else if s == "send" || s == "exp_send" {
		if i+1 < len(words) && r.of(words[i+1]) == "--" {
			i++
		}
		r.blotWord(words, i+1)
		c.prompted = false
	}
}

// asksPassword: patterns leave out the first letter, which may be a big one.
func asksPassword(s string) bool {
	return len(s) < 100 && (strings.Contains(s, "assw") || strings.Contains(s, "assphrase"))
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
// set password x, /password:x. SQL has IDENTIFIED BY 'x' and SET PASSWORD FOR a = 'x'. Text may be prose.
func (r *redactor) named(words []textSpan, i int, c *command, text bool) {
	w := words[i]
	s := r.of(w)
	if label, value, found := strings.Cut(strings.TrimPrefix(s, "/"), ":"); found && s[0] == '/' {
		if secrecyOf(label) == surelySecret && !strings.HasPrefix(value, "/") && !strings.Contains(label, "/") {
			r.blot(w.end-len(value), w.end)
			return
		}
	}
	s = strings.TrimLeft(s, "[(") // [--password x]
	bare := strings.TrimLeft(s, "-")
	dashed := len(bare) < len(s)
	name, value, given := strings.Cut(bare, "=")
	if given {
		if kind := secrecyOfOption(s[:len(s)-len(value)-1]); kind != notSecret && !kind.spares(value) {
			r.blot(w.end-len(value), w.end)
		}
		return
	}
	word := func(n int) string {
		if i+n >= len(words) {
			return ""
		}
		return r.of(words[i+n])
	}
	switch strings.ToLower(s[:min(len(s), len("identified")+1)]) {
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
	if kind == notSecret || dashed && strings.Contains(label, ":") { // -HX-Token:x has it with it
		return
	}
	next := 1 // the word that is secret
	switch value := word(1); {
	case value == "=" || value == ":" || value == ":=":
		next = 2
	case label != name:
		if w.end < len(r.text) && isQuote(r.text[w.end]) || r.isSentence(w.start, w.end) {
			return // a prompt, or prose
		}
		if isScheme(value) {
			r.blotWord(words, i+2)
		}
	case dashed:
		if isSource(value) && r.isOpenSSL(words[c.start]) && !strings.HasPrefix(s, "--") {
			return
		}
		if strings.HasPrefix(value, "-") || setting || i < c.setting && label == "secret" { // config set --secret name x
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
	case i == c.start || c.says || !isKeyword(label) || value == "" || isFlag(word(-1)):
		return // a word like any other
	case text && isPlain(value) && !isQuote(r.text[words[i+1].start-1]):
		return // in the middle of a sentence
	}
	if !kind.spares(word(next)) && !strings.HasPrefix(strings.ToLower(word(next)), "password(") {
		r.blotWord(words, i+next)
	}
}

func (r *redactor) isOpenSSL(w textSpan) bool {
	s := r.of(w)
	return s[strings.LastIndexByte(s, '/')+1:] == "openssl"
}

// isKeyword is for words that programs have before a password: nmcli … password x.
func isKeyword(s string) bool {
	return strings.EqualFold(s, "password") || strings.EqualFold(s, "passphrase")
}

// isFlag: behind one, a word is its value.
func isFlag(s string) bool {
	return len(s) > 1 && s[0] == '-' && s != "--" && !strings.Contains(s, "=")
}

// isSQL: select password from users; create table users (password text, …).
func isSQL(s string) bool {
	s = strings.TrimRight(strings.ToLower(s), ",;)")
	switch s {
	case "from", "is", "in", "and", "or", "not", "expire", "where", "like", "text", "string", "bytea", "null":
		return true
	}
	return strings.HasPrefix(s, "varchar") || strings.HasPrefix(s, "char(") || strings.HasPrefix(s, "nvarchar")
}

func (r *redactor) blotWord(words []textSpan, i int) {
	if i < len(words) {
		r.blot(words[i].start, words[i].end)
	}
}
