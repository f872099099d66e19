package command

import (
	"strings"
	"testing"
)

// A variable that begins like ours is one of ours, or the start ends with the name that was meant, and without the value.
func TestEnvironment(t *testing.T) {
	var cli struct {
		testCommands
		Mark Mark `cmd:""`
	}
	parser, err := newParser(&cli, "")
	if err != nil {
		t.Fatal(err)
	}
	for entry, want := range map[string]string{
		"FIVEWIRE_KEY=secret":                            "",
		"FIVEWIRE_LISTEN=":                               "",
		"FIVEWIRE_MAX_CONNECTIONS_PER_ADDRESS=3":         "",
		"FIVEWIRE_CONFIG=x":                              "",
		"FIVEWIRE=x":                                     "",
		"FIVEWIRES_KEY=x":                                "",
		"MY_FIVEWIRE_KYE=x":                              "",
		"FIVEWIRE_SERVICE_HOST=10.0.0.1":                 "", // Kubernetes
		"FIVEWIRE_SERVICE_PORT_HTTP=1":                   "",
		"FIVEWIRE_PORT=tcp://10.0.0.1:80":                "",
		"FIVEWIRE_PORT_8055_TCP_ADDR=10.0.0.1":           "",
		"FIVEWIRE_NODE_PORT_8055_TCP=tcp://10.0.0.1:805": "",
		"FIVEWIRE_KYE=secret":                            "there is no variable FIVEWIRE_KYE: want FIVEWIRE_KEY, or none",
		"FIVEWIRE_FOO=1":                                 "there is no variable FIVEWIRE_FOO: they are FIVEWIRE_KEY, and the flags' names in capitals",
		"FIVEWIRE_KEYFILE=secret":                        "there is no variable FIVEWIRE_KEYFILE: want FIVEWIRE_KEY_FILE, or none",
		"FIVEWIRE_TRUST_PROXIES=secret":                  "there is no variable FIVEWIRE_TRUST_PROXIES: want FIVEWIRE_TRUST_PROXY, or none",
		"FIVEWIRE_key=secret":                            "there is no variable FIVEWIRE_key: want FIVEWIRE_KEY, or none",
		"FIVEWIRE_=secret":                               "there is no variable FIVEWIRE_: ",
		"FIVEWIRE_PASSWORD_FOR_EVERYBODY=secret":         "there is no variable FIVEWIRE_PASSWORD_FOR_EVERYBODY: they are FIVEWIRE_KEY, and the flags' names in capitals",
		"FIVEWIRE_HELP=1":                                "there is no variable FIVEWIRE_HELP: ",
	} {
		err := checkEnvironment([]string{"PATH=/bin", entry, "=C:=C:\\"}, parser.Model.Node)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", entry, err)
		case want != "" && (err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "secret")):
			t.Errorf("%s: got %v, want %s", entry, err, want)
		}
	}
}
