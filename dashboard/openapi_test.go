package dashboard

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
)

// What is described is what is there, and the other way round; and every reference leads somewhere.
func TestOpenAPI(t *testing.T) {
	s := open(t, Config{}, "")
	_, body, _ := s.get("api/v1/openapi.json")
	var described struct {
		OpenAPI string
		Paths   map[string]map[string]struct{ Responses map[string]any }
	}
	if err := json.Unmarshal([]byte(body), &described); err != nil || !strings.HasPrefix(described.OpenAPI, "3.1.") {
		t.Fatalf("%q, %v", described.OpenAPI, err)
	}
	there := map[string]bool{}
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, r := range s.routes() {
		if r.method == "ALL" || r.path == "/" || r.path == "/*" {
			continue // what is refused, and the page
		}
		path, method := parameter.ReplaceAllString(r.path, "{$1}"), strings.ToLower(r.method)
		there[method+" "+path] = true
		operation, is := described.Paths[path][method]
		if !is {
			t.Errorf("%s %s is not described", r.method, path)
		}
		if r.role > auth.Anybody && operation.Responses["default"] == nil {
			t.Errorf("%s %s does not say what who may not is told", r.method, path)
		}
	}
	for path, methods := range described.Paths {
		for method := range methods {
			if !there[method+" "+path] {
				t.Errorf("%s %s is described and not there", method, path)
			}
		}
	}
	var all any
	json.Unmarshal([]byte(body), &all)
	for _, ref := range regexp.MustCompile(`"\$ref":\s*"#/([^"]+)"`).FindAllStringSubmatch(body, -1) {
		at := all
		for name := range strings.SplitSeq(ref[1], "/") {
			object, _ := at.(map[string]any)
			at = object[name]
		}
		if at == nil {
			t.Errorf("#/%s leads nowhere", ref[1])
		}
	}
}
