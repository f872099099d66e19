package collector

import "strings"

// longestUser is how far the user and the password of a URL may reach, in bytes.
const longestUser = 2 << 10

// userIn is where the user and the password end that a URL has behind its "//": at which "@". It is -1 without them.
// A password should have its special characters escaped (RFC 3986, 3.2.1), and often has not.
func userIn(s string) int {
	s = s[:min(len(s), longestUser)]
	if strings.IndexByte(s, '@') < 0 {
		return -1
	}
	if n := strings.IndexAny(s, " <>`"); n >= 0 {
		s = s[:n]
	}
	host := s
	if n := strings.IndexAny(s, `/?#"'\`); n >= 0 {
		host = s[:n]
	}
	at := strings.LastIndexByte(host, '@')
	if at < 0 {
		_, port, found := strings.Cut(host, ":")
		if !found || s[0] == '[' || isPort(port) {
			return -1
		}
		at = strings.LastIndexByte(s, '@')
	}
	if at >= 0 && strings.HasPrefix(s[at:], "@sha256:") {
		return -1
	}
	return at
}

func isPort(s string) bool {
	s, _, _ = strings.Cut(s, ",") // of the first of several hosts
	return len(s) <= 5 && strings.Trim(s, "0123456789") == ""
}

// address looks for a password in user:password@host, and for hooks, whose path is one; i is behind "://". It returns
// where to go on.
func (r *redactor) address(w textSpan, i int) int {
	s := r.text[i:w.end]
	n := userIn(s)
	if n < 0 {
		r.hook(i, s, strings.HasSuffix(r.text[w.start:i], "rtmp://") || strings.HasSuffix(r.text[w.start:i], "rtmps://"))
		return i - 1
	}
	web := strings.HasSuffix(r.text[w.start:i], "http://") || strings.HasSuffix(r.text[w.start:i], "https://")
	for _, scheme := range []string{"trojan", "hysteria2", "hy2"} {
		web = web || strings.HasSuffix(r.text[w.start:i], scheme+"://")
	}
	user, password, found := strings.Cut(s[:n], ":")
	switch {
	case found && web && (password == "" || password == "x-oauth-basic"), !found && web && user != "git", !found && n > 20:
		r.blot(i, i+n) // the web has no users, but keys in their place; so have proxies like Trojan
	case found:
		r.blot(i+len(user)+1, i+n)
	}
	return i + n
}

// hook looks for an address that is enough to send something in somebody's name. s is what is at i, behind "://".
func (r *redactor) hook(i int, s string, stream bool) {
	if n := strings.IndexAny(s, " \"'`<>"); n >= 0 {
		s = s[:n]
	}
	host, path, _ := strings.Cut(s, "/")
	start := len(host) + 1
	if stream {
		n := strings.LastIndexByte(path, '/')
		if n < 0 {
			return
		}
		path = path[n+1:] // the last part is the key of the stream
	} else if strings.HasPrefix(host, "hooks.slack.com") {
		path = strings.TrimPrefix(path, "services/")
	} else if key, found := strings.CutPrefix(path, "bot"); found && strings.HasPrefix(host, "api.telegram.") {
		key, _, _ = strings.Cut(key, "/")
		r.blot(i+start+len("bot"), i+start+len("bot")+len(key))
		return
	} else {
		key := ""
		for _, before := range []string{"webhooks/", "webhook/", "webhookb2/", "hooks/"} {
			if _, behind, found := strings.Cut(path, before); found {
				key = behind
				break
			}
		}
		if len(key) < 16 || !strings.ContainsAny(key, "0123456789") {
			return
		}
		path = key
	}
	r.blot(i+len(s)-len(path), i+len(s))
}

// login looks for user:password@host and user:password@tcp(host) without a scheme before; i is at the colon.
func (r *redactor) login(w textSpan, i int) {
	if strings.IndexByte(r.text[i:w.end], '@') < 0 {
		return
	}
	start := i
	for start > w.start && (isNameByte(r.text[start-1]) || strings.IndexByte("%+", r.text[start-1]) >= 0) {
		start--
	}
	if start > w.start && start < i && strings.IndexByte(`/\\`, r.text[start-1]) >= 0 { // domain/user:password@host
		for start--; start > w.start && (isLetter(r.text[start-1]) || isDigit(r.text[start-1])); start-- {
		}
	}
	if start == i || start > w.start && strings.IndexByte(" =,\"'", r.text[start-1]) < 0 && !endsScheme(r.text[w.start:start]) {
		return
	}
	if r.text[start:i] == "jdbc" { // jdbc:oracle:thin:user/password@host
		url, _, _ := strings.Cut(r.text[i:w.end], " ")
		at := strings.LastIndexByte(url, '@')
		if n := strings.IndexByte(url, '/'); n > 0 && n < at && strings.HasPrefix(url, ":oracle:") {
			r.blot(i+n+1, i+at)
		}
		return
	}
	switch strings.ToLower(r.text[start:i]) {
	case "mailto", "npm", "sip", "sips", "xmpp":
		return
	}
	rest := r.text[i+1 : min(w.end, i+longestShown)]
	if n := strings.IndexAny(rest, " \"'`<>,"); n >= 0 {
		rest = rest[:n]
	}
	if isDestination(r.text[max(0, start-100):start]) {
		return
	}
	at := max(strings.LastIndex(rest, "@tcp("), strings.LastIndex(rest, "@unix("))
	if at < 0 {
		at = strings.LastIndexByte(rest, '@')
		if at < 0 || strings.IndexByte(rest[:at], '/') >= 0 || strings.HasPrefix(rest[at:], "@sha256:") || at+1 == len(rest) {
			return
		}
	}
	r.blot(i+1, i+1+at)
}

// endsScheme: sip:user:password@host.
func endsScheme(s string) bool {
	return strings.HasSuffix(s, "sip:") || strings.HasSuffix(s, "sips:") || strings.HasSuffix(s, "xmpp:")
}

// isDestination: ssh takes no password behind a user's name, whatever is there is for a gateway.
func isDestination(before string) bool {
	n := strings.LastIndex(before, "ssh ")
	if n < 0 {
		return false
	}
	last := ""
	for word := range strings.FieldsSeq(before[n:]) {
		if last != "" && word[0] != '-' && !(len(last) == 2 && last[0] == '-') {
			return false
		}
		last = word
	}
	return true
}

// withoutUser is the name of a device without the user and the password that some filesystems take there.
func withoutUser(device string) string {
	rest := device
	if _, behind, found := strings.Cut(device, "//"); found {
		rest = behind
	}
	user := userIn(rest)
	if user < 0 || len(rest) == len(device) && !strings.Contains(rest[:user], ":") {
		return device // sshfs has me@host:/path
	}
	host := rest[user+1:]
	if host == "" || host[0] == '/' {
		host = "?" + host
	}
	return device[:len(device)-len(rest)] + host
}

// withoutSecrets is a text with what inside finds blotted out.
func withoutSecrets(text string) string {
	r := redactor{text: text}
	r.inside(textSpan{0, len(text)})
	return r.apply()
}
