// Fivewire shows a server live in a browser, and how the numbers reach it: by polling, long polling, streaming,
// Server-Sent Events or WebSocket.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/history"
	"github.com/fivewire/fivewire/dashboard"
	"github.com/fivewire/fivewire/dashboard/command"
	"github.com/fivewire/fivewire/dashboard/load/crowd"
)

const description = `Watch this host live in a browser, by any of five techniques, and see what each one costs.

Examples:
  fivewire                              the dashboard on http://127.0.0.1:8055/
  fivewire --listen 127.0.0.1:0         on a free port; the first line printed says which
  fivewire --interval 100ms             ten snapshots a second
  fivewire --listen unix:/run/fw.sock   on a socket only you may open
  fivewire --data-dir /var/lib/fivewire remember a month, across restarts
  fivewire --assets assets              serve the browser's files from a folder you are editing
  fivewire load http://127.0.0.1:8055/  a thousand viewers, and what they saw
  fivewire top                          the same in this terminal
  fivewire mark "deploy v2"             a moment with a name, in the charts
  curl -N 127.0.0.1:8055/api/v1/sse     the numbers without a browser`

type commands struct {
	Serve    serve            `cmd:"" default:"withargs" help:"Serve the dashboard (the default command)."`
	Load     crowd.Command    `cmd:"" help:"Viewers by the thousand on one technique, against this or any other server, measured."`
	Top      command.Top      `cmd:"" help:"Show a dashboard in this terminal, by any of the five techniques."`
	Mark     command.Mark     `cmd:"" help:"Say to a dashboard what was done at this moment."`
	Config   command.Config   `cmd:"" help:"Print what the dashboard would be told, and where each value comes from."`
	Doctor   command.Doctor   `cmd:"" help:"Say what a dashboard would not see on this host, what would be in its way, and what to do."`
	Install  command.Install  `cmd:"" help:"Print the files and commands for a service or a container."`
	Health   command.Health   `cmd:"" help:"Ask a running dashboard whether it is well."`
	Password command.Password `cmd:"" help:"Print a line for the file of users."`
	Version  command.Version  `cmd:"" help:"Print the version."`
}

func main() {
	os.Exit(command.Main(&commands{}, description, os.Args[1:]))
}

// serve has its flags in dashboard/command/serve.go.
type serve struct {
	command.Serve
}

// Run wires collector → dashboard, and ends them in order: viewers first.
func (s *serve) Run(args command.Arguments) error {
	certificates, keys := hangUps(), hangUps() // from the first moment on: unheard, the signal would end us
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(25) // a heap of a few MiB, filled slowly: four collections where one would do cost some milliseconds a minute
	}
	var level slog.LevelVar
	level.Set(s.Level())
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: &level}))
	slog.SetDefault(log)
	command.LimitMemory(log)
	files, err := browserFiles(s.Assets)
	if err != nil {
		return err
	}
	if err := collector.CheckHost(); err != nil {
		return fmt.Errorf("%w (hint: HOST_PROC and its like say where a container has the host's directories)", err)
	}
	if err := dashboard.CheckDescriptors(); err != nil {
		return err
	}
	service := command.Service{Logger: log}
	ln, url, err := service.Listen(s.Listen)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends us at once

	access, err := s.Access(ln.Addr(), s.BasePath, log) // a socket that was given may be another than --listen's
	if err != nil {
		return err
	}
	secure, err := s.TLS(log)
	if err != nil {
		return err
	}
	if secure != nil {
		url = strings.Replace(url, "http://", "https://", 1)
		go secure.Watch(ctx, certificates)
	}
	config := dashboard.Config{Assets: files, Interval: s.Interval, Lab: s.HasLab(ln.Addr(), access), Access: access, TLS: secure, MaxConnections: s.MaxConnections, MaxPerAddress: s.MaxPerAddress, MaxViewers: s.MaxViewers, Logger: log}
	if err := s.Alerts(&config); err != nil {
		return err
	}
	if own, err := os.Executable(); err == nil { // without it the lab has no crowd
		config.Load = []string{own, "load"}
	}
	tiers := history.TiersFor(s.Interval, time.Duration(s.History))
	config.History = history.New(tiers...)
	if s.DataDir != "" {
		if config.History, err = history.Open(s.DataDir, log, tiers...); err != nil {
			log.Warn("history is kept in memory", "error", err)
		}
	}
	defer config.History.Close()
	d := dashboard.New(config)
	c := collector.Collector{Interval: s.Interval, Logger: log, Watched: command.FewerProcessors(s.Interval, d.Watched)}
	go c.Run(ctx, service.Started(d.Publish))
	go service.Watch(ctx, d.Healthy)
	go service.Reload(ctx, &s.Serve, args, func(now *command.Serve) { level.Set(now.Level()) })
	if !strings.HasPrefix(url, "unix:") {
		url += strings.TrimSuffix(s.BasePath, "/") + "/"
	}
	go access.Watch(ctx, keys)
	fmt.Println("fivewire:", s.Address(access, url, command.OnTerminal()))
	return d.Serve(ctx, ln, s.BasePath)
}

// hangUps says when files shall be read again.
func hangUps() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c
}
