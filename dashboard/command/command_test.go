package command

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// A light subcommand waits, as it runs, until its parser is no more.
type light struct{ parserGone chan struct{} }

func (l *light) AfterApply(parser *kong.Kong) error {
	runtime.AddCleanup(parser, func(gone chan struct{}) { close(gone) }, l.parserGone)
	return nil
}

func (l *light) Run(args Arguments) error {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		runtime.GC()
		select {
		case <-l.parserGone:
			return nil
		case <-time.After(time.Millisecond):
		}
	}
	return errors.New("the parser is held while a subcommand runs that does not want it")
}

func TestParserIsLetGo(t *testing.T) {
	cli := struct {
		Light light `cmd:""`
	}{light{make(chan struct{})}}
	run, err := subcommand(&cli, "", nil, []string{"light"})
	if err != nil {
		t.Fatal(err)
	}
	if err := run(); err != nil {
		t.Error(err)
	}
}
