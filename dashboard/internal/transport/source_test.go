package transport

import (
	"os"
	"strings"
	"testing"
)

// The files are those that are compiled, and the part that matters is found in each by its name.
func TestSources(t *testing.T) {
	shown := map[string]bool{}
	for _, technique := range All() {
		found := Sources(technique.Name)
		if len(found) != len(files()[technique.Name]) || len(found) == 0 {
			t.Fatalf("%s has %d files", technique.Name, len(found))
		}
		if want := "dashboard/internal/transport/" + technique.Name + ".go"; found[0].Path != want {
			t.Errorf("%s begins with %s, want %s", technique.Name, found[0].Path, want)
		}
		for i, s := range found {
			name := strings.TrimPrefix(s.Path, "dashboard/internal/transport/")
			shown[name] = true
			if text, err := os.ReadFile(name); err != nil || string(text) != s.Text {
				t.Errorf("%s is not the file there is: %v", name, err)
			}
			lines := strings.Split(s.Text, "\n")
			if s.Line < 2 || s.Line > len(lines) || lines[s.Line-2] != "" || !strings.HasPrefix(lines[s.Line-1], "//") && !strings.HasPrefix(lines[s.Line-1], "func ") {
				t.Errorf("%s: the part that matters (%s) begins at line %d", name, files()[technique.Name][i][1], s.Line)
			}
		}
	}
	if Sources("pigeon") != nil {
		t.Error("a pigeon has files")
	}
	entries, err := sources.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !shown[e.Name()] {
			t.Errorf("%s is embedded and not shown", e.Name())
		}
	}
}
