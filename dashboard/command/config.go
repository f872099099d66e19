package command

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// A Config is `fivewire config`.
type Config struct {
	Serve `embed:""`
}

// Help is shown by --help.
func (*Config) Help() string {
	return `Prints what the dashboard would be told if it were started with the same flags, variables and configuration file, and
where each value comes from. What is printed can be used as a configuration file. Secrets are left out. Nothing is started:
it also tells whether a configuration is right before a service is told to read it; whether the files that it names are, and
the address is free, fivewire doctor with the same flags tells.

A configuration file has the flags' names, without dashes, and their values:

  listen: 127.0.0.1:8055
  interval: 2s
  data-dir: /var/lib/fivewire

A flag on the command line wins over the environment (FIVEWIRE_INTERVAL), which wins over the file, which wins over the
default. A key that is none, a value that cannot be, or a key that stands twice is refused with its line.

Examples:
  fivewire config --config /etc/fivewire.yaml
  FIVEWIRE_INTERVAL=5s fivewire config`
}

// Run prints the effective configuration.
func (*Config) Run(ctx *kong.Context, file *configFile) error {
	return writeConfig(os.Stdout, ctx, file)
}

// writeConfig writes a line for each flag: a key, its value, and where that comes from.
func writeConfig(w io.Writer, ctx *kong.Context, file *configFile) error {
	for _, flag := range ctx.Selected().Flags {
		if isConfig(flag) {
			continue
		}
		s, inFile := file.settings[flag.Name]
		from := "default"
		switch name := environment(flag); {
		case flag.Name == "key-file" && givenKey() != "": // it is no flag, and goes before the one of the file
			if _, err := fmt.Fprintf(w, "%-39s # %s\n", "# key: (a secret)", keyVariable); err != nil {
				return err
			}
			if inFile {
				from = fmt.Sprintf("%s:%d, and %s goes before it", file.name, s.line, keyVariable)
			}
		case onCommandLine(ctx, flag.Name):
			from = "command line"
		case name != "":
			from = name
		case inFile:
			from = fmt.Sprintf("%s:%d", file.name, s.line)
		}
		line := flag.Name + ":"
		switch value := flag.Target; {
		case value.IsZero() && from == "default" && !flag.HasDefault:
			line = "# " + line
			from = "not set"
		case flag.Tag.Has("secret"):
			line = "# " + line + " (a secret)"
		default:
			text, err := yaml.Marshal(plain(value))
			if err != nil {
				return fmt.Errorf("%s: %w", flag.Name, err)
			}
			line += " " + strings.TrimSpace(string(text))
		}
		if _, err := fmt.Fprintf(w, "%-39s # %s\n", line, from); err != nil {
			return err
		}
	}
	return nil
}

// onCommandLine tells whether a flag stands there.
func onCommandLine(ctx *kong.Context, name string) bool {
	return slices.ContainsFunc(ctx.Path, func(p *kong.Path) bool { return p.Flag != nil && p.Flag.Name == name && !p.Resolved })
}

// plain is a flag's value as it would be written: a text, or a list of them.
func plain(value reflect.Value) any {
	if value.Kind() == reflect.Slice {
		list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for i := range value.Len() {
			var item yaml.Node
			item.SetString(fmt.Sprint(value.Index(i).Interface()))
			list.Content = append(list.Content, &item)
		}
		return list
	}
	return fmt.Sprint(value.Interface())
}
