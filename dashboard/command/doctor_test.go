package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fivewire/fivewire/dashboard/command/doctor"
)

// What the dashboard would refuse of the files that flags name, the doctor finds; and a key's file that is not there it does
// not make.
func TestDoctorOpensFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"key": "short", "users": "ann", "cert": "none", "tls": "none"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	findings := func(serve Serve) map[string]doctor.Finding {
		host := doctor.This("127.0.0.1:0", dir)
		(&Doctor{Serve: serve}).files(host)
		all := map[string]doctor.Finding{}
		for _, f := range doctor.Examine(host) {
			all[f.Check] = f
		}
		return all
	}
	t.Setenv(keyVariable, "")
	serve := Serve{KeyFile: file("key"), UsersFile: file("users"), TLSCert: file("cert"), TLSKey: file("tls")}
	for _, check := range []string{"key", "users", "tls"} {
		if f := findings(serve)[check]; f.State != doctor.Fail || f.Hint == "" {
			t.Errorf("got %+v", f)
		}
		if f := findings(Serve{})[check]; f.State != doctor.OK {
			t.Errorf("without a file: %+v", f)
		}
	}
	if f := findings(Serve{KeyFile: file("another")})["key"]; f.State != doctor.OK || !strings.Contains(f.Text, "is made") {
		t.Errorf("got %+v", f)
	}
	if _, err := os.Stat(file("another")); err == nil {
		t.Error("the doctor makes a key")
	}
	t.Setenv(keyVariable, "short")
	if f := findings(Serve{})["key"]; f.State != doctor.Fail {
		t.Errorf("of the environment: %+v", f)
	}
}
