// Package command is fivewire's command line: one file for each subcommand, and here what all of them share.
//
// A subcommand is a struct whose fields are its flags and Arguments, as kong reads them. Its file has, in this order: the
// struct, Help where --help says more than the list of flags, Validate, which refuses before anything is opened, and Run.
// main lists the subcommands; a new one is a file here and a line there. Beside them, file.go reads the configuration file,
// reload.go reads all of it again, service.go speaks with systemd, and remote.go with a dashboard that is running.
//
// The rules of their text: what was asked for goes to standard output and nothing else does; errors are one line on
// standard error, lower-case, with a hint of the next step; exit 2 is a wrong command line, exit 1 anything else. Every
// flag is also a variable, FIVEWIRE_ and its name; environment.go refuses others that begin so.
package command

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Main runs the subcommand of cli that args name, and returns the program's exit code. cli is a pointer to a struct with
// a field for each.
func Main(cli any, description string, args []string) int {
	run, err := subcommand(cli, description, os.Environ(), args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "fivewire: error: %s (hint: fivewire --help)\n", ownWords(err))
		return 2
	}
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "fivewire: error: %v\n", err)
		return 1
	}
	return 0
}

// subcommand reads what is to be run. A subcommand that wants no more than its Arguments runs without the parser, whose model
// of all flags is a tenth of the memory that a dashboard needs: nothing holds on to it while that runs.
func subcommand(cli any, description string, environ, args []string) (run func() error, err error) {
	file := new(configFile)
	parser, err := newParser(cli, description, kong.Resolvers(file))
	if err != nil {
		panic(err) // the struct is wrong, whatever the command line
	}
	if err := checkEnvironment(environ, parser.Model.Node); err != nil {
		return nil, err
	}
	ctx, err := parse(parser, file, args)
	if err != nil {
		return nil, err
	}
	if c, plain := ctx.Selected().Target.Addr().Interface().(interface{ Run(Arguments) error }); plain {
		return func() error { return c.Run(args) }, nil
	}
	return func() error { return ctx.Run(file, Arguments(args)) }, nil
}

func newParser(cli any, description string, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(cli, append(more, kong.Name("fivewire"), kong.Description(description), kong.DefaultEnvars(prefix), kong.Help(help),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(duration)),
		kong.TypeMapper(reflect.TypeFor[int](), kong.MapperFunc(number)))...)
}

// parse reads a command line, the environment, and the file that one of them names.
func parse(parser *kong.Kong, file *configFile, args []string) (*kong.Context, error) {
	ctx, err := parser.Parse(args)
	if err != nil {
		var where *kong.ParseError
		if errors.As(err, &where) {
			ctx = where.Context
		}
		return nil, file.locate(ctx, surplus(ctx, err))
	}
	return ctx, nil
}

// surplus adds to what is said of an argument that is one too many where it belongs, if its subcommand knows.
func surplus(ctx *kong.Context, err error) error {
	if ctx == nil || ctx.Selected() == nil || !strings.HasPrefix(err.Error(), "unexpected argument ") {
		return err
	}
	if c, knows := ctx.Selected().Target.Addr().Interface().(interface{ Surplus() string }); knows {
		return fmt.Errorf("%w: %s", err, c.Surplus())
	}
	return err
}

// Arguments are those of the command line, for who reads it again.
type Arguments []string

// subject is how kong begins what a subcommand's Validate says: with its name and Arguments.
var subject = regexp.MustCompile(`^[a-z]+( <[a-z]+>| \[[^\]]*\])*: `)

// ownWords is an error without the name of the subcommand that whoever reads it has just typed.
func ownWords(err error) string {
	var located *fileError
	if errors.As(err, &located) {
		return located.Error() // it begins with a file's name, which may look like a subcommand's
	}
	return subject.ReplaceAllString(err.Error(), "")
}

// duration reads one, or says what is allowed.
func duration(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is not a duration: want %s, such as 500ms or 2s", text, ctx.Value.Tag.Get("allowed"))
	}
	target.SetInt(int64(d))
	return nil
}

// number reads one, or says what is allowed.
func number(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("number", &text); err != nil {
		return errors.New("want a number behind it, 0 or more, such as 1000")
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%q is no number: want 0 or more, such as 1000", text)
	}
	target.SetInt(int64(n))
	return nil
}

// Days is a duration that may be in days.
type Days time.Duration

// UnmarshalText reads 30d, or what time.ParseDuration does.
func (d *Days) UnmarshalText(text []byte) error {
	wanted, err := time.ParseDuration(string(text))
	if number, isDays := strings.CutSuffix(string(text), "d"); isDays {
		var n uint64
		n, err = strconv.ParseUint(number, 10, 16)
		wanted = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || wanted < time.Hour || wanted > 366*24*time.Hour {
		return fmt.Errorf("%q is none: want 1h to 366d, such as 12h or 30d", text)
	}
	*d = Days(wanted)
	return nil
}

// String is in days where that comes out even.
func (d Days) String() string {
	const day = Days(24 * time.Hour)
	if d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	return time.Duration(d).String()
}

// help without a command also shows the flags of the one that runs without being named.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil || ctx.Selected() != nil {
		return err
	}
	serve, err := kong.Trace(ctx.Kong, []string{"serve"})
	if err != nil {
		return err
	}
	fmt.Println()
	return kong.DefaultHelpPrinter(options, serve)
}
