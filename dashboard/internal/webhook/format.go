package webhook

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// auto takes the format by the receiver's name.
const auto = "auto"

// A format is one way to write a notice. To add one, add a row.
type format struct {
	name  string
	hosts []string // that take it: names, and ends of names that begin with a dot
	write func(Notice) (body []byte, header http.Header)
}

func formats() []format {
	return []format{
		{"json", nil, writeJSON},
		{"slack", []string{"hooks.slack.com", "hooks.slack-gov.com"}, writeSlack},
		{"ntfy", []string{"ntfy.sh"}, writeNtfy},
	}
}

// Formats are their names.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// formatFor is the one of a name, or that which a receiver's host takes: JSON when nobody knows.
func formatFor(u *url.URL, name string) format {
	all := formats()
	host := strings.ToLower(u.Hostname())
	for _, f := range all {
		if f.name == name || (name == "" || name == auto) && (slices.Contains(f.hosts, host) || strings.HasPrefix(host, f.name+".")) {
			return f
		}
	}
	return all[0]
}

// state is what PagerDuty, Alertmanager and the rest call it.
func (n *Notice) state() string {
	if n.Ended.IsZero() {
		return "firing"
	}
	return "resolved"
}

// title is one line: who, and what about it.
func (n *Notice) title() string {
	if n.Ended.IsZero() {
		return fmt.Sprintf("%s: %s", n.Host, n.about())
	}
	return fmt.Sprintf("%s: %s is over after %s", n.Host, n.about(), n.Ended.Sub(n.Began).Round(time.Second))
}

func (n *Notice) about() string {
	if n.Subject != "" {
		return n.Rule + " " + n.Subject
	}
	return n.Rule
}

func headers(contentType string) http.Header {
	return http.Header{"Content-Type": {contentType}}
}

// writeJSON is the whole notice, times in Unix milliseconds.
func writeJSON(n Notice) ([]byte, http.Header) {
	body := map[string]any{
		"state": n.state(), "host": n.Host, "rule": n.Rule, "text": n.Text, "value": finite(n.Value), "threshold": finite(n.Threshold), "unit": n.Unit,
		"began": n.Began.UnixMilli(), "title": n.title(),
	}
	for name, text := range map[string]string{"subject": n.Subject, "verdict": n.Verdict, "link": n.Link} {
		if text != "" {
			body[name] = text
		}
	}
	if !n.Ended.IsZero() {
		body["ended"] = n.Ended.UnixMilli()
	}
	return mustJSON(body), headers("application/json")
}

// writeSlack is what incoming webhooks of Slack, Mattermost and Discord (its URL with /slack) take. Names of the host
// are no markup there: what begins one is written as Slack asks for it.
func writeSlack(n Notice) ([]byte, http.Header) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	mark := ":rotating_light:"
	if n.state() == "resolved" {
		mark = ":white_check_mark:"
	}
	text := mark + " *" + strings.ReplaceAll(escape(n.title()), "*", "∗") + "*\n" + escape(n.Text)
	if n.Verdict != "" {
		text += "\n" + escape(n.Verdict)
	}
	if n.Link != "" {
		text += "\n" + n.Link
	}
	return mustJSON(map[string]string{"text": text}), headers("application/json")
}

// writeNtfy is ntfy's way: the text is the body, and the rest in the head, where only plain characters are safe.
func writeNtfy(n Notice) ([]byte, http.Header) {
	h := headers("text/plain; charset=utf-8")
	h.Set("Title", ascii(n.title()))
	h.Set("Priority", "high")
	h.Set("Tags", "rotating_light")
	if n.state() == "resolved" {
		h.Set("Priority", "default")
		h.Set("Tags", "white_check_mark")
	}
	if n.Link != "" {
		h.Set("Click", n.Link)
	}
	body := n.Text
	if n.Verdict != "" {
		body += "\n" + n.Verdict
	}
	return []byte(body), h
}

// ascii has a question mark for what a header field may not have.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

// mustJSON cannot fail: what is given to it are strings and finite numbers.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"state":"firing","text":"an alert that cannot be written"}`)
	}
	return b
}

// finite is a number that JSON can have.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
