package command

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// A setting is one key of a configuration file.
type setting struct {
	line   int
	values []string // one, unless it is a list
	list   bool
}

// A fileError is what is wrong with a configuration file, and where.
type fileError struct {
	file string
	line int // 0 where it is the whole file
	text string
}

func (e *fileError) Error() string {
	if e.line == 0 {
		return e.file + ": " + e.text
	}
	return fmt.Sprintf("%s:%d: %s", e.file, e.line, e.text)
}

// mostConfig bounds a configuration file: one that is larger is something else.
const mostConfig = 1 << 20

// parseFile reads YAML that is strictly a list of flags: names without their dashes, each once, with a value or a list of
// values. What else YAML has (anchors, tags, several documents, values of several levels) is refused, and so is a value
// that YAML itself would read as something else than what is written there: texts are taken as they stand.
func parseFile(name string, content []byte) (map[string]setting, error) {
	refuse := func(node *yaml.Node, format string, args ...any) error {
		return &fileError{name, node.Line, fmt.Sprintf(format, args...)}
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(content)))
	var document, more yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, syntaxError(name, err)
	}
	if err := decoder.Decode(&more); err == nil {
		return nil, refuse(&more, "a second document begins here: want one")
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(name, err)
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, refuse(root, "want lines such as interval: 2s")
	}
	scalar := func(node *yaml.Node) (string, error) {
		switch {
		case node.Kind != yaml.ScalarNode || node.Anchor != "":
			return "", refuse(node, "want a value, or a list of values, without further levels, anchors or aliases")
		case node.Style&yaml.TaggedStyle != 0:
			return "", refuse(node, "want a value without the tag %s", node.Tag)
		case node.Tag == "!!null":
			return "", refuse(node, "want a value, or no such line")
		}
		return node.Value, nil
	}
	settings := make(map[string]setting)
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		k, err := scalar(key)
		if err != nil {
			return nil, err
		}
		if before, twice := settings[k]; twice {
			return nil, refuse(key, "%q stands here again: line %d has it", k, before.line)
		}
		s := setting{line: key.Line, list: value.Kind == yaml.SequenceNode && value.Anchor == ""}
		nodes := []*yaml.Node{value}
		if s.list {
			nodes = value.Content
		}
		for _, node := range nodes {
			v, err := scalar(node)
			if err != nil {
				return nil, err
			}
			s.values = append(s.values, v)
		}
		settings[k] = s
	}
	return settings, nil
}

// yamlLine is how the library says where.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func syntaxError(name string, err error) error {
	text := err.Error()
	e := &fileError{file: name, text: "this is no YAML: " + yamlLine.ReplaceAllString(text, "")}
	if match := yamlLine.FindStringSubmatch(text); match != nil && match[1] != "" {
		fmt.Sscan(match[1], &e.line)
	}
	return e
}

// A configFile gives kong the values of flags that stand neither on the command line nor in the environment. It is for
// the commands that have --config; what may stand in the file are serve's flags, whichever of them runs.
type configFile struct {
	name     string
	settings map[string]setting // nil until it has been read
}

// Validate has nothing to say: whether there is a file, Resolve is the first to know.
func (*configFile) Validate(*kong.Application) error { return nil }

// Resolve is one flag's value. It is asked for each flag of the command, in turn.
func (f *configFile) Resolve(ctx *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if !slices.ContainsFunc(parent.Flags, isConfig) {
		return nil, nil
	}
	if f.settings == nil {
		if err := f.read(ctx, parent.Flags); err != nil {
			return nil, err
		}
	}
	s, there := f.settings[flag.Name]
	switch {
	case !there || environment(flag) != "":
		return nil, nil
	case !s.list:
		return s.values[0], nil
	}
	values := make([]any, len(s.values))
	for i, v := range s.values {
		values[i] = v
	}
	return values, nil
}

// read reads the file that --config names, if it does, and looks that each key is a flag with a value that it can have.
func (f *configFile) read(ctx *kong.Context, flags []*kong.Flag) error {
	f.settings = map[string]setting{}
	config := flags[slices.IndexFunc(flags, isConfig)]
	f.name, _ = ctx.FlagValue(config).(string)
	if f.name == "" {
		return nil
	}
	content, err := readFile(f.name)
	if err != nil {
		return err
	}
	settings, err := parseFile(f.name, content)
	if err != nil {
		return err
	}
	allowed, err := serveFlags()
	if err != nil {
		return err
	}
	for _, key := range byLine(settings) {
		s := settings[key]
		at := slices.IndexFunc(allowed, func(flag *kong.Flag) bool { return flag.Name == key })
		if at < 0 {
			return f.unknown(s, key, allowed)
		}
		if err := f.try(allowed[at], s); err != nil {
			return err
		}
	}
	f.settings = settings
	return nil
}

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, &fileError{name, 0, "cannot be read: " + rootCause(err)}
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, mostConfig+1))
	if err != nil {
		return nil, &fileError{name, 0, "cannot be read: " + rootCause(err)}
	}
	if len(content) > mostConfig {
		return nil, &fileError{name, 0, "is larger than 1 MiB, and no configuration"}
	}
	return content, nil
}

// unknown says that a key is none, and which there are, or which one was meant.
func (f *configFile) unknown(s setting, key string, allowed []*kong.Flag) error {
	meant := strings.TrimLeft(strings.ToLower(strings.ReplaceAll(key, "_", "-")), "-")
	var names []string
	for _, flag := range allowed {
		if flag.Name == meant {
			return f.wrong(s, "there is no %q: want %s", key, meant)
		}
		names = append(names, flag.Name)
	}
	return f.wrong(s, "there is no %q: want one of %s", key, strings.Join(names, ", "))
}

// try has a value read into nothing, so that what is wrong with it is told with its line.
func (f *configFile) try(flag *kong.Flag, s setting) error {
	if s.list && !flag.IsSlice() {
		return f.wrong(s, "%s takes one value, and no list", flag.Name)
	}
	target := reflect.New(flag.Target.Type()).Elem()
	for _, v := range s.values {
		if err := flag.Parse(kong.Scan().PushTyped(v, kong.FlagValueToken), target); err != nil {
			return f.wrong(s, "%s", err)
		}
		if flag.Enum != "" && !flag.EnumMap()[v] {
			return f.wrong(s, "%s %q is none of %s", flag.Name, v, strings.Join(flag.EnumSlice(), ", "))
		}
	}
	return nil
}

func (f *configFile) wrong(s setting, format string, args ...any) error {
	return &fileError{f.name, s.line, fmt.Sprintf(format, args...)}
}

// aboutFlag finds the flag that an error is about.
var aboutFlag = regexp.MustCompile(`--([a-z][a-z-]*)`)

// locate says where in the file the value stands that a Validate has refused, if that is where it comes from.
func (f *configFile) locate(ctx *kong.Context, err error) error {
	var located *fileError
	if errors.As(err, &located) {
		return located // without what kong has put before it
	}
	match := aboutFlag.FindStringSubmatch(err.Error())
	if match == nil || ctx == nil {
		return err
	}
	for _, path := range ctx.Path {
		if s, there := f.settings[match[1]]; there && path.Resolved && path.Flag.Name == match[1] {
			return f.wrong(s, "%s", ownWords(err))
		}
	}
	return err
}

// byLine are the keys as they stand in the file.
func byLine(settings map[string]setting) []string {
	return slices.SortedFunc(maps.Keys(settings), func(a, b string) int { return settings[a].line - settings[b].line })
}

func isConfig(flag *kong.Flag) bool { return flag.Name == "config" }

// onlyServe is a command line of nothing but the dashboard's flags.
type onlyServe struct {
	Serve Serve `cmd:"" default:"withargs"`
}

// serveFlags are those that may stand in a file, in their order.
func serveFlags() ([]*kong.Flag, error) {
	parser, err := newParser(&onlyServe{}, "")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(parser.Model.Children[0].Flags, isConfig), nil
}

// environment is the variable that a flag's value comes from, "" when it comes from none.
func environment(flag *kong.Flag) string {
	for _, name := range flag.Tag.Envs {
		if _, set := os.LookupEnv(name); set {
			return name
		}
	}
	return ""
}

// rootCause is an error without the operation and the path that whoever reads it has just named.
func rootCause(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}
