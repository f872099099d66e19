package collector

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckHost(t *testing.T) {
	host := aHost.write(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, variable, value, want string }{
		{"nothing said", "", "", ""},
		{"a host", "HOST_PROC", host.proc, ""},
		{"empty", "HOST_PROC", dir, "no file stat"},
		{"not there", "HOST_PROC", filepath.Join(dir, "no"), "HOST_PROC: stat "},
		{"a file", "HOST_PROC", file, "not a directory"},
		{"relative", "HOST_ROOT", "host", "not an absolute path"},
		{"a root without a host", "HOST_ROOT", dir, "no file stat"},
		{"etc not there", "HOST_ETC", filepath.Join(dir, "no"), "HOST_ETC: stat "},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "_"), func(t *testing.T) {
			for _, name := range []string{"HOST_PROC", "HOST_SYS", "HOST_ETC", "HOST_ROOT"} {
				t.Setenv(name, "")
			}
			if tt.variable != "" {
				t.Setenv(tt.variable, tt.value)
			}
			err := CheckHost()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
