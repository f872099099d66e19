package dashboard

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// What is described is what is there, and the other way round; and every reference leads somewhere.
func TestOpenAPI(t *testing.T) {
	s := open(t, Config{}, "")
	_, body, _ := s.get("api/v1/openapi.json")
	var described struct {
		OpenAPI string
		Paths   map[string]map[string]any
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
		if described.Paths[path][method] == nil {
			t.Errorf("%s %s is not described", r.method, path)
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
