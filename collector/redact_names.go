package collector

import (
	"slices"
	"strings"
)

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
	case value == "" || value == blot || isSwitch(value) || isReference(value):
		return true
	case k == mostlySecret:
		return isPath(value) || isMethod(value)
	case k == vaguelySecret: // docker build --secret id=…,src=…
		return strings.HasPrefix(value, "id=") || strings.HasPrefix(value, "type=") || strings.HasPrefix(value, "source=")
	}
	return false
}

// isSwitch: --auth=true, -pass 1, password:string.
func isSwitch(s string) bool {
	switch strings.ToLower(s) {
	case "yes", "no", "true", "false", "on", "off", "none", "null", "nil",
		"string", "text", "ldap", "pam", "kerberos", "md5", "sha1", "sha256", "sha384", "sha512":
		return true
	}
	return len(s) == 1 && isDigit(s[0])
}

// isMethod: fetchmail --auth password.
func isMethod(s string) bool {
	switch strings.ToLower(s) {
	case "basic", "digest", "ntlm", "password", "external", "any", "simple":
		return true
	}
	return false
}

// isReference: what is secret is elsewhere, and this says where; or it stands for anything. A password may begin like that
// too, so the rest has to be what it says.
func isReference(s string) bool {
	kind, place, found := strings.Cut(s, ":")
	switch {
	case !found:
		return s == "stdin" || strings.Trim(s, "*)") == ""
	case kind == "env":
		return isVariable(place)
	case kind == "fd":
		return isPort(place)
	case kind == "file":
		return strings.HasPrefix(place, "/") || strings.HasPrefix(place, "./") || strings.HasPrefix(place, "../")
	}
	return kind == "arn" && strings.Contains(place, ":")
}

// isVariable: most have big letters, and a password seldom has nothing else.
func isVariable(s string) bool {
	return s != "" && !isDigit(s[0]) && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == ""
}

// isSource: of these openssl(1) knows what they are by what they begin with, whatever the rest is: a secret has "pass:".
func isSource(s string) bool {
	return strings.HasPrefix(s, "file:") || strings.HasPrefix(s, "env:")
}

func isPath(s string) bool {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "file://"), "@")
	if !strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "./") && !strings.HasPrefix(s, "../") && !strings.HasPrefix(s, "~/") {
		return false
	}
	s, _, _ = strings.Cut(s, ",")
	return !strings.ContainsAny(s, "+=@ ") // base64 has a slash too
}

// secrecyOfOption judges a name with its dashes. Some options have the name directly behind their letter: -Dapi.key,
// -HCookie, -eTOKEN.
func secrecyOfOption(name string) secrecy {
	bare := strings.TrimLeft(name, "-")
	kind := secrecyOf(bare)
	if len(name)-len(bare) == 1 && len(bare) > 1 && strings.IndexByte("DHeEFdoJPX", bare[0]) >= 0 {
		kind = max(kind, secrecyOf(bare[1:]))
	}
	return kind
}

// secrecyOf judges the name of an option, a variable, a header, a field or a parameter by its words: "api-key",
// "API_KEY" and "apiKey" have the same two.
func secrecyOf(name string) secrecy {
	if strings.EqualFold(name, "pw") {
		return surelySecret
	}
	if len(name) < 3 || len(name) > 80 {
		return notSecret
	}
	var room [16]string // so that most names need no memory
	words := nameWords(room[:0], name)
	if len(words) == 0 {
		return notSecret
	}
	first, last := words[0], words[len(words)-1]
	before := ""
	if len(words) > 1 {
		before = words[len(words)-2]
	}
	if last == "id" && before == "session" && first != "xdg" || last == "login" && before == "sonar" {
		return mostlySecret
	}
	if last == "id" && before == "secret" || last == "hash" && isPassword(before) {
		return surelySecret
	}
	if last == "url" && before == "alert" { // our own: who has it can write there
		return surelySecret
	}
	if isAttribute(last) || len(words) > 1 && isRequest(first) {
		return notSecret
	}
	switch last {
	case "auth":
		if before == "tls" { // openvpn has a file there
			return notSecret
		}
		return mostlySecret
	case "basicauth", "proxyauth", "masterauth", "cookie", "cookies", "setcookie", "sessionid", "jsessionid", "phpsessid", "bearer", "otp", "psk", "pw":
		return surelySecret
	case "pin":
		if len(words) == 1 || before == "so" || before == "user" {
			return mostlySecret
		}
	case "api": // X-JFrog-Art-Api
		if before == "art" {
			return surelySecret
		}
	case "pat": // personal access token
		return mostlySecret
	case "pass":
		if before == "user" { // openvpn has a file with both
			return mostlySecret
		}
		return surelySecret
	case "key", "keys":
		switch before {
		case "api", "private", "access", "secret", "auth", "encryption", "account", "shared", "signing", "master", "app",
			"application", "session", "storage", "subscription", "deploy", "admin", "license", "decryption", "hmac", "aes",
			"jwt", "cookie", "preshared", "mosh", "cipher", "unseal", "recovery", "crypto", "webhook", "cluster", "write", "gossip":
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
	case "authorization", "passcode", "passkey", "rpcauth", "passin", "passout":
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
		"strategy", "location", "source", "arn", "user", "username", "login", "group", "protocol", "driver", "script",
		"authentication":
		return true
	}
	return false
}

// isRequest is for the first word of a name: ask-password wants one, and has none.
func isRequest(word string) bool {
	switch word {
	case "no", "ask", "prompt", "load", "save", "stdin", "require", "requires", "disable", "disabled", "enable", "allow", "skip", "without", "show", "print",
		"generate", "reset", "max", "min", "num":
		return true
	}
	return false
}

// nameWords adds to words those of a name, in small letters and without the numbers behind them.
func nameWords(words []string, name string) []string {
	small := strings.ToLower(name)
	if len(small) != len(name) {
		return nil // it has bytes that no name has
	}
	start := 0
	add := func(end int) {
		if word := strings.TrimRight(small[start:end], "0123456789"); word != "" {
			words = append(words, word)
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

func isPassword(s string) bool {
	for _, name := range []string{"password", "passwd", "passphrase", "pass", "pwd"} {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}
