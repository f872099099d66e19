package collector

import (
	"slices"
	"strings"
)

// words finds the secrets that have a word of their own, or the rest of one: values of options and variables.
func (r *redactor) words(words []textSpan, depth int) {
	var program []secretOption
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
		if options := secretOptions(s); options != nil && !(i == 0 && strings.HasSuffix(s, "login")) { // login(1) has another -p
			program = options
			continue
		}
		if strings.HasSuffix(s, ";") || s == "|" || s == "&&" || s == "||" {
			program = nil // another command follows
		}
		var next, further textSpan
		if i+1 < len(words) {
			next = words[i+1]
		}
		if i+2 < len(words) {
			further = words[i+2]
		}
		r.option(program, w, next)
		if i == 0 || !isScript(r.of(words[i-1]), s) {
			r.named(w, next, further, i == 0 && depth == 0)
		}
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

// named looks for a word that names a secret: --password=x, --password x, PASSWORD=x, password: x, password = x.
func (r *redactor) named(w, next, further textSpan, first bool) {
	s := r.of(w)
	bare := strings.TrimLeft(s, "-")
	dashed := len(bare) < len(s)
	name, value, given := strings.Cut(bare, "=")
	if given {
		if kind := secrecyOf(name); kind != notSecret && !kind.spares(value) {
			r.blot(w.end-len(value), w.end)
		}
		return
	}
	if strings.EqualFold(s, "bearer") && next.end-next.start >= 8 {
		r.blot(next.start, next.end)
		return
	}
	label := strings.TrimSuffix(name, ":")
	kind := secrecyOf(label)
	if kind == notSecret {
		return
	}
	value = r.of(next)
	switch {
	case value == "=" || value == ":" || value == ":=":
		next = further
	case label != name:
		if isScheme(value) {
			next.end = max(next.end, further.end)
		}
	case dashed:
		if strings.HasPrefix(value, "-") {
			return // it takes no value
		}
	case first || kind != surelySecret || !isPassword(label):
		return // a word like any other
	}
	if !kind.spares(r.of(next)) {
		r.blot(next.start, next.end)
	}
}

func isPassword(s string) bool {
	return strings.EqualFold(s, "password") || strings.EqualFold(s, "passwd") || strings.EqualFold(s, "passphrase")
}

// option looks for an option of the program, which has no telling name.
func (r *redactor) option(program []secretOption, w, next textSpan) {
	s := r.of(w)
	for _, o := range program {
		value := textSpan{w.end, w.end}
		switch {
		case s == o.name && !o.attached, o.bundled && isBundle(s, o.name):
			value = next
		case strings.HasPrefix(s, o.name+"=") && strings.HasPrefix(s, "--"):
			value.start = w.start + len(o.name) + 1
		case strings.HasPrefix(s, o.name) && len(s) > len(o.name) && !o.separate && !strings.HasPrefix(s, "--"):
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

// A secretOption is an option of a program that has a secret.
type secretOption struct {
	name     string
	after    string // only what is behind this is secret
	attached bool   // never a word of its own: -pSECRET
	separate bool   // always a word of its own: -p SECRET
	bundled  bool   // may be the last letter of several
}

// secretOptions are those of a program by its file name; none for most.
func secretOptions(path string) []secretOption {
	if strings.HasPrefix(path, "-") || len(path) > 200 {
		return nil
	}
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	name = strings.TrimSuffix(strings.ToLower(name), ".exe")
	switch name {
	case "mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlcheck", "mysqlshow", "mysqlslap", "mysqlpump", "mysqlbinlog",
		"mariadb", "mariadb-dump", "mariadb-admin", "mariadb-import", "mariadb-check", "mariadb-show", "mariadb-backup", "xtrabackup":
		return []secretOption{{name: "-p", attached: true}}
	case "curl":
		return []secretOption{{name: "--user", after: ":"}, {name: "--proxy-user", after: ":"}, {name: "-u", after: ":", bundled: true},
			{name: "-U", after: ":", bundled: true}, {name: "-b", after: "="}, {name: "--cert", after: ":"}, {name: "-E", after: ":"}}
	case "http", "https", "xh", "xhs":
		return []secretOption{{name: "-a", after: ":"}}
	case "sshpass":
		return []secretOption{{name: "-p"}}
	case "redis-cli", "valkey-cli", "keydb-cli":
		return []secretOption{{name: "-a", separate: true}}
	case "mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport", "mongostat", "mongotop":
		return []secretOption{{name: "-p"}}
	case "sqlcmd", "bcp", "ipmitool", "zip", "unzip":
		return []secretOption{{name: "-P"}}
	case "ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami", "ldapcompare", "ldapmodrdn":
		return []secretOption{{name: "-w"}}
	case "ldappasswd":
		return []secretOption{{name: "-w"}, {name: "-a"}, {name: "-s"}}
	case "smbclient", "rpcclient", "smbget":
		return []secretOption{{name: "-U", after: "%"}, {name: "--user", after: "%"}}
	case "snmpget", "snmpwalk", "snmpbulkwalk", "snmpset", "snmptrap", "snmpd":
		return []secretOption{{name: "-A", separate: true}, {name: "-X", separate: true}, {name: "-c", separate: true}}
	case "7z", "7za", "7zr":
		return []secretOption{{name: "-p", attached: true}}
	case "xfreerdp", "xfreerdp3", "wlfreerdp":
		return []secretOption{{name: "/p:", attached: true}, {name: "/password:", attached: true}}
	case "ssh-keygen":
		return []secretOption{{name: "-N", separate: true}, {name: "-P", separate: true}}
	case "docker", "podman", "nerdctl", "buildah", "skopeo", "helm", "oras":
		return nil // -p is for ports, but behind the word login
	case "login":
		return []secretOption{{name: "-p", separate: true}}
	}
	return nil
}

// secrecy is how secret a name says that its value is.
type secrecy int

const (
	notSecret     secrecy = iota // not at all
	mostlySecret                 // unless it is a path
	vaguelySecret                // unless it is a number, or says where the secret is
	surelySecret
)

// spares tells whether a value is not the secret after all.
func (k secrecy) spares(value string) bool {
	value = strings.Trim(value, `"'`)
	switch {
	case value == "" || value == blot:
		return true
	case k == mostlySecret:
		return isPath(value)
	case k == vaguelySecret: // docker build --secret id=…,src=…
		return strings.HasPrefix(value, "id=") || strings.HasPrefix(value, "type=") || strings.HasPrefix(value, "source=")
	}
	return false
}

func isPath(s string) bool {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "file://"), "@")
	if !strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "./") && !strings.HasPrefix(s, "../") && !strings.HasPrefix(s, "~/") {
		return false
	}
	return !strings.ContainsAny(s, "+=:@ ") // base64 has a slash too
}

// secrecyOf judges the name of an option, a variable, a header, a field or a parameter by its words: "api-key",
// "API_KEY" and "apiKey" have the same two.
func secrecyOf(name string) secrecy {
	if len(name) < 3 || len(name) > 80 {
		return notSecret
	}
	words := nameWords(name)
	if len(words) == 0 {
		return notSecret
	}
	first, last := words[0], words[len(words)-1]
	before := ""
	if len(words) > 1 {
		before = words[len(words)-2]
	}
	if last == "id" && before == "secret" {
		return surelySecret
	}
	if isAttribute(last) || len(words) > 1 && isRequest(first) {
		return notSecret
	}
	switch last {
	case "auth", "basicauth", "masterauth", "cookie", "cookies", "setcookie", "sessionid", "jsessionid", "phpsessid", "bearer", "otp", "psk":
		return surelySecret
	case "pass":
		if before == "user" { // openvpn has a file with both
			return mostlySecret
		}
		return surelySecret
	case "key", "keys":
		switch before {
		case "api", "private", "access", "secret", "auth", "encryption", "account", "shared", "signing", "master", "app",
			"application", "session", "storage", "subscription", "deploy", "admin", "license":
			return mostlySecret
		}
	case "tokens":
		if before == "api" || before == "auth" || before == "access" {
			return surelySecret
		}
	case "cwd":
		return notSecret
	}
	found := notSecret
	for _, word := range words {
		found = max(found, secrecyOfWord(word))
	}
	return found
}

func secrecyOfWord(word string) secrecy {
	switch word {
	case "authorization", "passcode", "passkey", "passin", "passout":
		return surelySecret
	case "credential", "credentials", "cred", "creds", "pwd", "oldpwd":
		return mostlySecret
	case "secret", "secrets":
		return vaguelySecret
	case "bypass", "compass", "multipass", "encompass", "pass", "onepass", "twopass", "keepass":
		return notSecret
	}
	for _, end := range []string{"password", "passwords", "passwd", "passphrase", "passwort", "token", "secret", "pass", "userpwd", "mysqlpwd"} {
		if strings.HasSuffix(word, end) {
			return surelySecret
		}
	}
	for _, end := range []string{"apikey", "privatekey", "accesskey", "secretkey", "authkey", "pwd"} {
		if strings.HasSuffix(word, end) {
			return mostlySecret
		}
	}
	return notSecret
}

// isAttribute is for the last word of a name: password-file is no password.
func isAttribute(word string) bool {
	switch word {
	case "file", "files", "filename", "path", "paths", "dir", "directory", "stdin", "prompt", "fd", "env", "type", "mode", "method",
		"command", "cmd", "helper", "provider", "providers", "policy", "url", "uri", "endpoint", "endpoints", "ttl", "expiry",
		"expiration", "expires", "timeout", "length", "len", "size", "count", "limit", "limits", "min", "max", "id", "ids", "name",
		"names", "plugin", "plugins", "backend", "server", "servers", "host", "port", "realm", "manager", "store", "version", "format",
		"algorithm", "alg", "issuer", "audience", "interval", "duration", "lifetime", "enabled", "disabled", "required", "optional",
		"only", "cache", "retries", "retry", "sock", "socket", "service", "class", "role", "scope", "scopes", "level", "rotation",
		"agent", "lookup", "address", "jar", "header", "headers", "mount", "volume", "namespace", "webhook", "ref", "check", "hash",
		"strategy", "location", "source", "arn", "user", "username", "login", "group", "protocol", "driver", "script":
		return true
	}
	return false
}

// isRequest is for the first word of a name: ask-password wants one, and has none.
func isRequest(word string) bool {
	switch word {
	case "no", "ask", "prompt", "require", "requires", "disable", "enable", "allow", "skip", "without", "show", "print",
		"generate", "reset", "max", "min", "num":
		return true
	}
	return false
}

// nameWords are the words of a name in small letters, without the numbers behind them.
func nameWords(name string) []string {
	var words []string
	start := 0
	add := func(end int) {
		if word := strings.TrimRight(name[start:end], "0123456789"); word != "" {
			words = append(words, strings.ToLower(word))
		}
	}
	for i := range len(name) {
		switch c := name[i]; {
		case strings.IndexByte("-_.:/[]", c) >= 0:
			add(i)
			start = i + 1
		case i > start && c >= 'A' && c <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z':
			add(i)
			start = i
		case !isNameByte(c):
			return nil
		}
	}
	add(len(name))
	return words
}

func isScheme(s string) bool {
	return slices.ContainsFunc([]string{"bearer", "basic", "token", "digest", "negotiate", "apikey", "ntlm"},
		func(scheme string) bool { return strings.EqualFold(s, scheme) })
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNameByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '_' || c == '-' || c == '.'
}
