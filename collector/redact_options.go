package collector

import (
	"cmp"
	"strings"
)

// program looks for what a program takes as a secret at word i. own is for the name of the program itself.
func (r *redactor) program(c *command, secrets string, words []textSpan, i int, own bool) {
	s := r.of(words[i])
	for rule := range strings.FieldsSeq(secrets) {
		if word, n, found := strings.Cut(rule, ">"); found && n != "+" {
			here := own && word == "" || !own && word != "" && (strings.EqualFold(s, word) || word == "//" && strings.HasPrefix(s, word))
			if key, pairs := strings.CutSuffix(n, "="); here && pairs {
				r.blotPairs(words[i+1:], key)
			} else if here {
				r.blotBehind(words, i, int(n[0]-'0'))
			}
			continue
		}
		if word, found := strings.CutSuffix(rule, "$"); found {
			if own && word == "" || !own && (strings.EqualFold(s, word) || word == "-b" && hasLetter(s, 'b')) {
				c.ends = cmp.Or(c.ends, i+1)
			}
			continue
		}
		if !own && r.option(rule, words, i) {
			return
		}
	}
}

// blotBehind blots out the n-th word behind i, without an address and a user before it: net use \\host\share /user:ann secret.
func (r *redactor) blotBehind(words []textSpan, i, n int) {
	for i++; i < len(words); i++ {
		s := r.of(words[i])
		if strings.HasPrefix(s, `\\`) || strings.HasPrefix(s, "/user:") || len(s) == 2 && s[1] == ':' {
			continue
		}
		if n--; n == 0 {
			if s != "" && s[0] != '-' && s != "/add" && s != "/delete" && s != "/domain" && s != "|" {
				r.blotWord(words, i)
			}
			return
		}
	}
}

// blotPairs blots out what is behind "=" in each word that is no option, or in those with this key. A name of a user is
// no secret, nor is the file or the pipe that a value comes from.
func (r *redactor) blotPairs(words []textSpan, key string) {
	for _, w := range words {
		s := r.of(w)
		if s == ";" || s == "|" || s == "&&" || s == "||" {
			return
		}
		name, value, found := strings.Cut(s, "=")
		if !found || s[0] == '-' || value == "-" || strings.HasPrefix(value, "@") || surelySecret.spares(value) {
			continue
		}
		if name = strings.ToLower(name); name == key || key == "" && name != "user" && name != "username" {
			r.blot(w.end-len(value), w.end)
		}
		if strings.HasSuffix(s, ";") {
			return
		}
	}
}

// option looks for an option of the program, which has no telling name.
func (r *redactor) option(rule string, words []textSpan, i int) bool {
	w := words[i]
	s := r.of(w)
	name, mark, after := rule, byte(0), ""
	if option, field, found := strings.Cut(rule, ","); found && field != "" { // -object secret,id=x,data=SECRET
		name, after = option, field
	} else if n := len(rule) - 1; n > 0 && strings.IndexByte("_+:=,%/", rule[n]) >= 0 {
		name, mark = rule[:n], rule[n]
		if mark != '_' && mark != '+' {
			after = rule[n:]
		}
	}
	value := textSpan{w.end, w.end}
	switch {
	case name == "*":
		if s == "" || s[0] == '-' || s[0] == '@' {
			return false
		}
		value = w
	case mark != '+' && (s == name || mark != '_' && isBundle(s, name)):
		if i+1 < len(words) {
			value = words[i+1]
		}
	case mark != '+' && len(name) > 2 && strings.HasPrefix(s, name+"="):
		value.start = w.start + len(name) + 1
	case (mark == '+' || mark != '_' && len(name) == 2) && len(s) > len(name) && strings.HasPrefix(s, name):
		value.start = w.start + len(name)
	default:
		return false
	}
	if after != "" {
		before, behind, found := strings.Cut(r.of(value), after)
		if !found || name == "*" && (before == "" || strings.Contains(before, "=") && !strings.EqualFold(before[:strings.IndexByte(before, '=')], "userid")) {
			return true
		}
		value.start = value.end - len(behind)
	}
	r.blot(value.start, value.end)
	return true
}

// isBundle: -sSu ends with -u.
func isBundle(s, option string) bool {
	return len(option) == 2 && option[0] == '-' && len(s) > 1 && s[len(s)-1] == option[1] && hasLetter(s, option[1])
}

// hasLetter tells whether s is one or more options of one letter, and one of them is this. The first may be a digit, as
// zip -9rP has it; -v2c is one option and its value.
func hasLetter(s string, letter byte) bool {
	if len(s) < 2 || s[0] != '-' || strings.IndexByte(s[1:], letter) < 0 {
		return false
	}
	rest := s[1:]
	if len(rest) > 1 && isDigit(rest[0]) {
		rest = rest[1:]
	}
	return strings.IndexFunc(rest, func(r rune) bool { return r > 'z' || !isLetter(byte(r)) }) < 0
}
