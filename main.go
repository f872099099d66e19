// Fivewire shows a server live in a browser, and how the numbers reach it: by polling, long polling, streaming,
// Server-Sent Events or WebSocket.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"reflect"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/history"
	"github.com/fivewire/fivewire/dashboard"
	"github.com/fivewire/fivewire/dashboard/load/crowd"
)

// The rules of this command's text: the URL goes to standard output and nothing else does; errors are one line on
// standard error, lower-case, with a hint of the next step; exit 2 is a wrong command line, exit 1 anything else.

const description = `Watch this host live in a browser, by any of five techniques, and see what each one costs.

Examples:
  fivewire                              the dashboard on http://127.0.0.1:8055/
  fivewire --listen 127.0.0.1:0         on a free port; the first line printed says which
  fivewire --interval 100ms             ten snapshots a second
  fivewire --listen unix:/run/fw.sock   on a socket only you may open
  fivewire --data-dir /var/lib/fivewire remember a month, across restarts
  fivewire --assets assets              serve the browser's files from a folder you are editing
  fivewire load http://127.0.0.1:8055/  a thousand viewers, and what they saw
  curl -N 127.0.0.1:8055/api/v1/sse     the numbers without a browser`

type commands struct {
	Serve   serve         `cmd:"" default:"withargs" help:"Serve the dashboard (the default command)."`
	Load    crowd.Command `cmd:"" help:"Viewers by the thousand on one technique, against this or any other server, measured."`
	Version version       `cmd:"" help:"Print the version."`
}

type serve struct {
	Listen   string        `default:"127.0.0.1:8055" placeholder:"ADDRESS" help:"host:port, [::1]:port or unix:/path; port 0 picks a free one (default ${default})."`
	Interval time.Duration `default:"1s" allowed:"100ms to 1m" help:"Time between two snapshots, 100ms to 1m (default ${default})."`
	BasePath string        `placeholder:"/PATH" help:"Serve under a sub-path, such as /monitor."`
	Auth     string        `default:"auto" enum:"auto,off" placeholder:"auto|off" help:"auto: nobody but this machine; off: whoever reaches the address may look (default ${default})."`
	Lab      string        `default:"auto" enum:"auto,on,off" placeholder:"auto|on|off" help:"What is there to be shown and not to be used, such as JSONP and faults; auto: on for loopback, off elsewhere (default ${default})."`
	DataDir  string        `placeholder:"DIR" help:"Keep history there, across restarts; without it, as much as fits into 8 MiB of memory."`
	History  days          `default:"30d" help:"How far back history goes, 1h to 366d (default ${default}): seconds for an hour, tens of them for a day, then minutes."`
	Assets   string        `placeholder:"DIR" help:"Serve the browser's files from DIR, read anew at each request."`
}

// Validate refuses before anything is opened.
func (s *serve) Validate() error {
	if s.Interval < 100*time.Millisecond || s.Interval > time.Minute {
		return fmt.Errorf("--interval %v is outside 100ms to 1m", s.Interval)
	}
	if s.BasePath != "" && !regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?$`).MatchString(s.BasePath) {
		return fmt.Errorf("--base-path %q is not a path such as /monitor", s.BasePath)
	}
	if strings.HasPrefix(s.Listen, "unix:/") {
		return nil
	}
	host, port, err := net.SplitHostPort(s.Listen)
	if _, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil {
		return fmt.Errorf("--listen %q is not host:port, [::1]:port or unix:/path", s.Listen)
	}
	if ip := net.ParseIP(host); s.Auth != "off" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--listen %s would show this host to whoever reaches that address; say --auth off if that is meant", s.Listen)
	}
	return nil
}

// Run wires collector → dashboard, and ends them in order: viewers first.
func (s *serve) Run() error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50) // a heap of a few MiB, filled slowly: to collect twice as often costs nothing that can be measured
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	slog.SetDefault(log)
	files, err := browserFiles(s.Assets)
	if err != nil {
		return err
	}
	if err := collector.CheckHost(); err != nil {
		return fmt.Errorf("%w (hint: HOST_PROC and its like say where a container has the host's directories)", err)
	}
	ln, url, err := dashboard.Listen(s.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w (hint: --listen 127.0.0.1:0 picks a free port)", err)
	}
	if err != nil {
		return fmt.Errorf("%w (hint: --listen says where, see --help)", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends us at once

	addr, tcp := ln.Addr().(*net.TCPAddr)
	lab := s.Lab == "on" || s.Lab == "auto" && tcp && addr.IP.IsLoopback()
	config := dashboard.Config{Assets: files, Interval: s.Interval, Lab: lab, Logger: log}
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
	c := collector.Collector{Interval: s.Interval, Logger: log}
	go c.Run(ctx, d.Publish)
	if !strings.HasPrefix(url, "unix:") {
		url += strings.TrimSuffix(s.BasePath, "/") + "/"
	}
	fmt.Println("fivewire:", url)
	return d.Serve(ctx, ln, s.BasePath)
}

// days is a duration that may be in days.
type days time.Duration

// UnmarshalText reads 30d, or what time.ParseDuration does.
func (d *days) UnmarshalText(text []byte) error {
	wanted, err := time.ParseDuration(string(text))
	if number, isDays := strings.CutSuffix(string(text), "d"); isDays {
		var n uint64
		n, err = strconv.ParseUint(number, 10, 16)
		wanted = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || wanted < time.Hour || wanted > 366*24*time.Hour {
		return fmt.Errorf("want 1h to 366d")
	}
	*d = days(wanted)
	return nil
}

type version struct{}

// Run prints one line.
func (version) Run() error {
	fmt.Println("fivewire", dashboard.Version())
	return nil
}

func main() {
	var cli commands
	parser := kong.Must(&cli, kong.Name("fivewire"), kong.Description(description), kong.DefaultEnvars("FIVEWIRE"), kong.Help(help),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(duration)))
	cmd, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "fivewire: error: %s (hint: fivewire --help)\n", strings.TrimPrefix(strings.TrimPrefix(err.Error(), "serve: "), "load: "))
		os.Exit(2)
	}
	if err := cmd.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "fivewire: error: %v\n", err)
		os.Exit(1)
	}
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
