package command

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"
)

// Reload reads the configuration again at each SIGHUP, until ctx ends. A flag with reload in its tag is one that apply
// can change while the dashboard runs; of another that differs from what the dashboard was started with the log says, each
// time, that it needs a restart. A configuration that is wrong changes nothing, and the log says what is wrong with it.
//
// apply is called with what is in effect from now on, at each SIGHUP that finds the configuration right, whether or not it
// has changed: what a flag names, such as a file, may have.
func (s Service) Reload(ctx context.Context, now *Serve, args Arguments, apply func(*Serve)) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
		}
		done := s.Reloading()
		if next := reread(s.Logger, now, args); next != nil {
			now = next
			apply(now)
		}
		done()
	}
}

// reread reads the same command line again, and logs what that has changed. It returns what is in effect then, and nil where
// it is wrong.
func reread(log *slog.Logger, before *Serve, args []string) *Serve {
	var cli onlyServe
	file := new(configFile)
	parser, err := newParser(&cli, "", kong.Resolvers(file))
	if err == nil {
		_, err = parse(parser, file, args)
	}
	if err != nil {
		log.Error("the configuration is as it was: the new one is wrong", "error", ownWords(err))
		return nil
	}
	effect, changed, restart := changes(parser.Model.Children[0].Flags, before, &cli.Serve)
	log.Info("the configuration has been read again", "changed", changed)
	if len(restart) > 0 {
		log.Warn("these changes need a restart", "flags", restart)
	}
	return effect
}

// changes are the names of flags that differ: those that take effect now, and those that need a restart. effect is before
// with the former. The flags are after's.
func changes(flags []*kong.Flag, before, after *Serve) (effect *Serve, now, restart []string) {
	effect = new(*before)
	was := values(effect)
	for i, is := range values(after) {
		if reflect.DeepEqual(was[i].Interface(), is.Interface()) {
			continue
		}
		at := slices.IndexFunc(flags, func(f *kong.Flag) bool { return f.Target.Addr().Pointer() == is.Addr().Pointer() })
		if flags[at].Tag.Has("reload") {
			was[i].Set(is)
			now = append(now, flags[at].Name)
		} else {
			restart = append(restart, flags[at].Name)
		}
	}
	return effect, now, restart
}

// values are the fields of a Serve and of the groups that it embeds, each a flag's.
func values(s *Serve) []reflect.Value { return fields(reflect.ValueOf(s).Elem()) }

func fields(group reflect.Value) []reflect.Value {
	var all []reflect.Value
	for i := range group.NumField() {
		if group.Type().Field(i).Anonymous {
			all = append(all, fields(group.Field(i))...)
		} else {
			all = append(all, group.Field(i))
		}
	}
	return all
}
