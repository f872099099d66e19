package command

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// testCommands are those that know --config.
type testCommands struct {
	Serve struct {
		Serve `embed:""`
	} `cmd:"" default:"withargs"`
	Config Config `cmd:""`
	Health Health `cmd:""`
}

// read parses a command line with a file of that content.
func read(t *testing.T, content string, args ...string) (*testCommands, *kong.Context, *configFile, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "fw.yaml")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	var cli testCommands
	file := new(configFile)
	parser, err := newParser(&cli, "", kong.Resolvers(file))
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := parse(parser, file, append(args, "--config", name))
	return &cli, ctx, file, err
}

// The command line wins over the environment, that over the file, that over the default.
func TestPrecedence(t *testing.T) {
	t.Setenv("FIVEWIRE_LAB", "off")
	t.Setenv("FIVEWIRE_INTERVAL", "4s")
	cli, _, _, err := read(t, "interval: 3s\nlab: on\nhistory: 10d\nbase-path: /m\n", "--interval", "5s")
	if err != nil {
		t.Fatal(err)
	}
	s := cli.Serve.Serve
	if s.Interval != 5*time.Second || s.Lab != "off" || s.History != Days(240*time.Hour) || s.BasePath != "/m" || s.Listen != "127.0.0.1:8055" {
		t.Errorf("got %+v", s)
	}
}

// A file that says nothing is no error, and texts are what is written there, whatever YAML takes them for.
func TestFileIsPlain(t *testing.T) {
	for _, content := range []string{"", "\n", "# nothing\n", "---\n", "---\n# nothing\n...\n"} {
		if _, _, _, err := read(t, content); err != nil {
			t.Errorf("%q: %v", content, err)
		}
	}
	for content, want := range map[string]string{
		"data-dir: 012":          "012",
		"data-dir: yes":          "yes",
		"data-dir: 1e3":          "1e3",
		"data-dir: 2026-11-28":   "2026-11-28",
		"data-dir: 'a # b'":      "a # b",
		"data-dir: a#b # c":      "a#b",
		"\ufeffdata-dir: x\r\n":  "x",
		"{data-dir: x}":          "x",
		"? data-dir\n: x":        "x",
		"data-dir: \"\\u00e9\"":  "é",
		"data-dir: >-\n  x\n  y": "x y",
		"data-dir: ''":           "",
	} {
		if cli, _, _, err := read(t, content); err != nil || cli.Serve.DataDir != want {
			t.Errorf("%q: got %q, %v, want %q", content, cli.Serve.DataDir, err, want)
		}
	}
}

// What is wrong is told in one line, with the line that it stands in and what is allowed.
func TestFileIsStrict(t *testing.T) {
	for content, want := range map[string]string{
		"interval: 50ms":                  ":1: --interval 50ms is outside 100ms to 1m",
		"\n\ninterval: soon":              `:3: --interval: "soon" is not a duration: want 100ms to 1m`,
		"lab: on\nintervall: 3s":          `:2: there is no "intervall": want one of `,
		"data_dir: x":                     `:1: there is no "data_dir": want data-dir`,
		"DataDir: x":                      `:1: there is no "DataDir": want one of `,
		"--lab: on":                       `:1: there is no "--lab": want lab`,
		"lab: maybe":                      `:1: lab "maybe" is none of auto, on, off`,
		"lab: on\n\nlab: off":             `:3: "lab" stands here again: line 1 has it`,
		"lab: [on, off]":                  ":1: lab takes one value",
		"lab: []":                         ":1: lab takes one value",
		"lab:\n  a: b":                    ":2: want a value",
		"lab:":                            ":1: want a value, or no such line",
		"lab: ~":                          ":1: want a value, or no such line",
		"lab: !!str on":                   ":1: want a value without the tag",
		"lab: &a on":                      ":1: want a value",
		"a: &a [*a]":                      "", // whichever is found first
		"- lab":                           ":1: want lines such as",
		"lab":                             ":1: want lines such as",
		"lab: on\n---\nlab: off":          ":2: a second document",
		"lab: on\n---\n\tx":               "no YAML",
		"lab: \"on":                       "no YAML",
		"config: x":                       `:1: there is no "config"`,
		"url: x":                          `:1: there is no "url"`,
		"help: true":                      `:1: there is no "help"`,
		"[lab]: on":                       ":1: want a value",
		"listen: 8055":                    `:1: --listen "8055" is not host:port`,
		"listen: 0.0.0.0:1\nauth: off":    "-", // is fine
		"lab: on\npublic-url: mon":        `:2: --public-url: "mon" is not a URL such as`,
		"allow-host: http://mon":          ":1: --allow-host: ",
		"trust-proxy: [loopback, me]":     ":1: --trust-proxy: ",
		"frame-ancestors: mon":            ":1: --frame-ancestors: ",
		"tls-cert: cert.pem":              ":1: --tls-cert and --tls-key go together",
		"max-connections: -1":             ":1: --max-connections -1",
		"max-viewers: -1":                 ":1: --max-viewers -1",
		"max-viewers: many":               ":1: ",
		"max-connections-per-address: -1": ":1: --max-connections-per-address -1",
		"lab: \xff":                       "no YAML",
		strings.Repeat("#", 2<<20):        "larger than 1 MiB",
	} {
		_, _, _, err := read(t, content)
		if want == "-" {
			if err != nil {
				t.Errorf("%q: %v", content, err)
			}
			continue
		}
		var located *fileError
		if !errors.As(err, &located) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: got %v, want %q", content, err, want)
		}
	}
	cli := testCommands{}
	file := new(configFile)
	parser, _ := newParser(&cli, "", kong.Resolvers(file))
	if _, err := parse(parser, file, []string{"--config", t.TempDir()}); err == nil || !strings.Contains(err.Error(), "cannot be read: is a directory") {
		t.Errorf("a directory: %v", err)
	}
	file = new(configFile)
	parser, _ = newParser(&cli, "", kong.Resolvers(file))
	if _, err := parse(parser, file, []string{"--config", "none"}); err == nil || !strings.HasPrefix(ownWords(err), "none: cannot be read: ") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// What is refused is refused in our own words, which say what is allowed.
func TestRefusedInOwnWords(t *testing.T) {
	for _, tt := range []struct{ content, args, want string }{
		{"", "--max-viewers=x", `"x" is no number: want 0 or more`},
		{"", "--max-viewers -5", "want a number behind it, 0 or more"},
		{"", "--max-viewers=-5", "is less than none"},
		{"max-viewers: x", "", `fw.yaml:1: --max-viewers: "x" is no number`},
		{"frame-ancestors: 'self'", "", `in a YAML file "'self'"`},
		{"", "--listen unix:/" + strings.Repeat("x", 200), "a socket's path is at most"},
	} {
		_, _, _, err := read(t, tt.content, strings.Fields(tt.args)...)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s: got %v, want %q", tt.content, tt.args, err, tt.want)
		}
	}
	if cli, _, _, err := read(t, `frame-ancestors: "'self'"`, "--max-viewers", "7"); err != nil || cli.Serve.FrameAncestors != "'self'" || cli.Serve.MaxViewers != 7 {
		t.Errorf("got %v", err)
	}
}

// A value that is refused on the command line is not blamed on the file.
func TestBlame(t *testing.T) {
	_, _, _, err := read(t, "interval: 3s\n", "--interval", "50ms")
	if err == nil || strings.Contains(err.Error(), "fw.yaml") {
		t.Errorf("got %v", err)
	}
}

// The file is one for all commands that would know the dashboard; what they have beside is not in it.
func TestFileIsForAll(t *testing.T) {
	cli, _, _, err := read(t, "base-path: /m\n", "health")
	if err != nil || cli.Health.BasePath != "/m" {
		t.Errorf("got %q, %v", cli.Health.BasePath, err)
	}
}

// A key in the environment goes before the file's, as any variable does, and config says so; beside a flag, or another
// variable, one of the two would be ignored without a word. An empty one is none.
func TestKeyOfEnvironment(t *testing.T) {
	key := strings.Repeat("key-", 8)
	t.Setenv(keyVariable, key)
	cli, ctx, file, err := read(t, "auth: key\nkey-file: /nowhere/key\n", "config")
	if err != nil {
		t.Fatal(err)
	}
	file.name = "fw.yaml"
	var b strings.Builder
	if err := writeConfig(&b, ctx, file); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# key: (a secret)                       # FIVEWIRE_KEY\n",
		"key-file: /nowhere/key                  # fw.yaml:2, and FIVEWIRE_KEY goes before it\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no line %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), key) {
		t.Error("config prints the key")
	}
	access, err := cli.Config.Access(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, "", slog.New(slog.DiscardHandler))
	if err != nil || access.KeyFile() != "" {
		t.Errorf("the file's key goes before: %v", err)
	}
	t.Setenv(keyVariable, key) // Access has taken it
	if _, _, _, err := read(t, "", "--key-file", "k"); err == nil || !strings.Contains(err.Error(), "both say a key") {
		t.Errorf("beside a flag: %v", err)
	}
	t.Setenv(keyVariable+"_FILE", "k")
	if _, _, _, err := read(t, ""); err == nil || !strings.Contains(err.Error(), "both say a key") {
		t.Errorf("beside a variable: %v", err)
	}
	t.Setenv(keyVariable, "")
	if cli, _, _, err := read(t, ""); err != nil || cli.Serve.KeyFile != "k" {
		t.Errorf("an empty one: %v", err)
	}
}

// What config prints is a configuration file, and says the same.
func TestConfigPrintsItself(t *testing.T) {
	t.Setenv("FIVEWIRE_DATA_DIR", "/a #b")
	print := func(content string, args ...string) string {
		t.Helper()
		_, ctx, file, err := read(t, content, append([]string{"config"}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		file.name = "fw.yaml"
		var b strings.Builder
		if err := writeConfig(&b, ctx, file); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	got := print("interval: 3s\nhistory: 36h\n", "--lab", "on")
	for _, want := range []string{
		"interval: 3s                            # fw.yaml:1\n",
		"history: 36h0m0s                        # fw.yaml:2\n",
		"lab: \"on\"                               # command line\n",
		"listen: 127.0.0.1:8055                  # default\n",
		"data-dir: '/a #b'                       # FIVEWIRE_DATA_DIR\n",
		"# base-path:                            # not set\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no line %q in\n%s", want, got)
		}
	}
	values := func(text string) []string {
		var lines []string
		for line := range strings.Lines(text) {
			value, _, _ := strings.Cut(line, " # ")
			lines = append(lines, strings.TrimSpace(value))
		}
		return lines
	}
	if again := print(got); !slices.Equal(values(again), values(got)) {
		t.Errorf("it does not say of itself what it says:\n%s\n%s", got, again)
	}
}

// What has changed is told apart: what takes effect, and what does not before a restart.
func TestChanges(t *testing.T) {
	var cli onlyServe
	parser, err := newParser(&cli, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"--log-level", "warn", "--lab", "on"}); err != nil {
		t.Fatal(err)
	}
	before := cli.Serve
	before.LogLevel, before.Lab, before.Interval = "info", "auto", time.Minute
	flags := parser.Model.Children[0].Flags
	effect, now, restart := changes(flags, &before, &cli.Serve)
	if !slices.Equal(now, []string{"log-level"}) || !slices.Equal(restart, []string{"interval", "lab"}) {
		t.Errorf("got %v, %v", now, restart)
	}
	if before.LogLevel != "info" || effect.LogLevel != "warn" || effect.Lab != "auto" || effect.Interval != time.Minute {
		t.Errorf("in effect: %+v", effect)
	}
	if _, now, restart := changes(flags, effect, &cli.Serve); now != nil || !slices.Equal(restart, []string{"interval", "lab"}) {
		t.Errorf("what needs a restart needs it still: got %v, %v", now, restart)
	}
	cli.Serve.Lab, cli.Serve.Interval = "auto", time.Minute
	if _, now, restart := changes(flags, effect, &cli.Serve); now != nil || restart != nil {
		t.Errorf("it is as it was: got %v, %v", now, restart)
	}
}

// Each flag of Serve is one that changes can find.
func TestEachFlagIsAValue(t *testing.T) {
	flags, err := serveFlags()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(values(&Serve{})); n != len(flags)+1 { // and --config
		t.Errorf("%d fields and %d flags", n, len(flags)+1)
	}
	for name, want := range map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError} {
		if got := (&Serve{LogLevel: name}).Level(); got != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// Whatever is in the file, it is settings or one error with the name of the file.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{"lab: on\n", "a: &a [*a]", "---\n...\n---", "? [a]\n: b", "{a: b, a: b}", "a:\n- b\n- !!binary c", "<<: {a: b}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		settings, err := parseFile("fw.yaml", content)
		var located *fileError
		if err != nil && (!errors.As(err, &located) || !strings.HasPrefix(err.Error(), "fw.yaml:") || strings.Contains(err.Error(), "\n")) {
			t.Errorf("got %q", err)
		}
		for key, s := range settings {
			if s.line < 1 || !s.list && len(s.values) != 1 {
				t.Errorf("%q: got %+v", key, s)
			}
		}
	})
}
