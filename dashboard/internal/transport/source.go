package transport

import (
	"embed"
	"strings"
)

// The files of the five, as this program was built from them: for whoever wants to read what is running.
//
//go:embed polling*.go longpolling*.go streaming*.go sse*.go websocket*.go
var sources embed.FS

// A Source is one file, and where in it the part begins that makes the difference.
type Source struct {
	Path string `json:"path"` // from the top of the repository
	Text string `json:"text"`
	Line int    `json:"line"` // from 1
}

// files are each technique's: its own first, then its variants', each with the function that the others do without.
func files() map[string][][2]string {
	return map[string][][2]string{
		"polling":     {{"polling", "polling"}, {"polling_jsonp", "sendJSONP"}},
		"longpolling": {{"longpolling", "longpolling"}, {"polling_jsonp", "sendJSONP"}},
		"streaming":   {{"streaming", "streaming"}, {"streaming_iframe", "iframe"}, {"streaming_multipart", "multipart"}},
		"sse":         {{"sse", "sse"}},
		"websocket":   {{"websocket", "websocket"}, {"websocket_cbor", "binaryOf"}},
	}
}

// Sources is what a technique is made of here; nil for a name that is none.
func Sources(technique string) []Source {
	var found []Source
	for _, file := range files()[technique] {
		text, err := sources.ReadFile(file[0] + ".go")
		if err != nil {
			continue // a test holds that there is none
		}
		found = append(found, Source{Path: "dashboard/internal/transport/" + file[0] + ".go", Text: string(text), Line: lineOf(string(text), file[1])})
	}
	return found
}

// lineOf is where a function begins, with the comment above it; 0 where there is none of that name.
func lineOf(text, function string) int {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "func "+function+"(") || strings.HasPrefix(line, "func (") && strings.Contains(line, ") "+function+"(") {
			for i > 0 && strings.HasPrefix(lines[i-1], "//") {
				i--
			}
			return i + 1
		}
	}
	return 0
}
