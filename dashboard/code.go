package dashboard

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// getCode is the twin files of a technique: the server's, which this program was built from, and the browser's, as it
// is served.
func (d *Dashboard) getCode(c *fiber.Ctx) error {
	technique := string([]byte(c.Params("technique")))
	if !slices.Contains(techniqueNames(), technique) {
		return problem.Bad("technique", strconv.QuoteToASCII(technique[:min(len(technique), 64)])+" is no technique", techniqueNames()...).Send(c)
	}
	server := transport.Sources(technique)
	answer := struct {
		Technique string             `json:"technique"`
		Go        transport.Source   `json:"go"`
		JS        *transport.Source  `json:"js"`   // null where the page is not served from here
		More      []transport.Source `json:"more"` // variants, and what the two stand on
	}{technique, server[0], nil, server[1:]}
	if browser := d.browserSources(technique); len(browser) > 0 {
		answer.JS = &browser[0]
		answer.More = append(answer.More, browser[1:]...)
	}
	return sendJSON(c, answer)
}

var importing = regexp.MustCompile(`(?m)^import\s[^"']*["'](\./[a-z]+\.js)["']`)

// browserSources is the browser's file of a technique, and the files beside it that it imports.
func (d *Dashboard) browserSources(technique string) []transport.Source {
	const folder = "js/transport"
	read := func(name string) (s transport.Source, ok bool) {
		if d.config.Assets == nil {
			return s, false
		}
		text, err := fs.ReadFile(d.config.Assets, path.Join(folder, name))
		return transport.Source{Path: path.Join("assets", folder, name), Text: string(text), Line: 1}, err == nil
	}
	own, ok := read(technique + ".js")
	if !ok {
		return nil
	}
	own.Line = connectLine(own.Text)
	all := []transport.Source{own}
	for _, match := range importing.FindAllStringSubmatch(own.Text, -1) {
		if s, ok := read(match[1]); ok {
			all = append(all, s)
		}
	}
	return all
}

// connectLine is where the function begins that each technique exports, with what stands above it; 1 if it is not there:
// the files may be somebody's who is editing them.
func connectLine(text string) int {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "export async function connect(") {
			continue
		}
		for i > 0 && (strings.HasPrefix(lines[i-1], "/**") || strings.HasPrefix(lines[i-1], " *")) {
			i--
		}
		return i + 1
	}
	return 1
}
