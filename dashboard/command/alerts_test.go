package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fivewire/fivewire/dashboard"
)

func TestAlerts(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good", "https://hooks.example/SECRET\n")
	for _, tt := range []struct {
		name string
		args []string
		want string // of the error
		url  string
	}{
		{"nothing", nil, "", ""},
		{"by-flag", []string{"--alert-url", "https://a.example/SECRET", "--alert-off", "swapping,too-hot"}, "", "https://a.example/SECRET"},
		{"by-file", []string{"--alert-url-file", good}, "", "https://hooks.example/SECRET"},
		{"both", []string{"--alert-url", "https://a.example/SECRET", "--alert-url-file", good}, "want one of them", ""},
		{"no-rule", []string{"--alert-off", "swap"}, "cpu-pressure, memory-pressure", ""},
		{"no-address", []string{"--alert-url", "a.example/SECRET"}, "not http://", ""},
		{"no-file", []string{"--alert-url-file", filepath.Join(dir, "none")}, "--alert-url-file: open", ""},
		{"empty-file", []string{"--alert-url-file", write("empty", "")}, "not http://", ""},
		{"no-format", []string{"--alert-format", "xml"}, "must be one of", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var cli struct {
				Serve Serve `cmd:"" default:"withargs"`
			}
			parser, err := newParser(&cli, "")
			if err != nil {
				t.Fatal(err)
			}
			_, err = parser.Parse(tt.args)
			var config dashboard.Config
			if err == nil {
				err = cli.Serve.Alerts(&config)
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "SECRET") {
				t.Errorf("the address is told: %v", err)
			}
			if err == nil && config.AlertURL != tt.url {
				t.Errorf("got %s", config.AlertURL)
			}
		})
	}
}
