package dashboard

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/alert"
	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/webhook"
)

// AlertRules are the names of what alerts are about, for Config.AlertOff.
func AlertRules() []string { return alert.Names() }

// FormerAlertRule is the name of one that was among them, and may still be in Config.AlertOff.
const FormerAlertRule = alert.Former

// CheckAlertURL says what is wrong with an address and a format for alerts, without telling the address.
func CheckAlertURL(address, format string) error { return webhook.Check(address, format) }

const (
	// silencesPerSecond and silencesAtOnce are what people may silence, all together.
	silencesPerSecond, silencesAtOnce = 1, 30
	// longestSubject bounds the name of what is silenced, in bytes: collector's names have at most as many.
	longestSubject = 300
)

// alerting is what watches, and who is told.
type alerting struct {
	watch    *alert.Watch
	sender   *webhook.Sender // nil when nobody is
	stop     context.CancelFunc
	ended    sync.WaitGroup
	silences pace
	keeping  sync.Mutex    // held while silences are written
	changed  chan struct{} // what fires, fired or waits is to be written; nil where it outlives nothing
}

// beginAlerts is New's.
func (d *Dashboard) beginAlerts() {
	watch, err := alert.New(d.config.AlertOff)
	if err != nil {
		d.log.Error("an alert is not off", "error", err)
	}
	d.alerts.watch = watch
	d.rememberSilences(time.Now())
	waiting := d.rememberFired(time.Now())
	ctx, stop := context.WithCancel(context.Background())
	d.alerts.stop = stop
	if d.keptPath(firedName) != "" {
		d.alerts.changed = make(chan struct{}, 1)
	}
	d.beginSender(ctx, waiting)
	if d.alerts.changed != nil {
		d.alerts.ended.Go(func() { d.keepFired(ctx) })
	}
}

// beginSender begins to tell, first of what the last process has not told.
func (d *Dashboard) beginSender(ctx context.Context, waiting []webhook.Waiting) {
	if d.config.AlertURL != "" {
		sender, err := webhook.New(webhook.Config{URL: d.config.AlertURL, Format: d.config.AlertFormat, Logger: d.log, Waiting: waiting, Changed: d.alerts.change})
		if err == nil {
			d.alerts.sender = sender
			d.alerts.ended.Go(func() { sender.Run(ctx) })
			return
		}
		d.log.Error("nobody is told of alerts", "error", err)
	}
	d.alerts.watch.NobodyListens()
	if len(waiting) > 0 {
		d.log.Warn("nobody is told of alerts any more, of some that waited neither", "waited", len(waiting))
	}
}

// endAlerts is Close's.
func (d *Dashboard) endAlerts() {
	d.alerts.stop()
	d.alerts.ended.Wait()
	if d.alerts.sender == nil {
		return
	}
	if n := len(d.alerts.sender.Waiting()); n > 0 {
		d.log.Warn("nobody has been told of some alerts yet", "waiting", n, "kept for the next start", d.alerts.changed != nil)
	}
}

// change has what fires, fired and waits written.
func (a *alerting) change() {
	select {
	case a.changed <- struct{}{}:
	default: // it is to be written already, or by nobody
	}
}

// watchAlerts has a snapshot looked at: what begins and ends is marked, and told.
func (d *Dashboard) watchAlerts(s *collector.Snapshot) {
	events := d.alerts.watch.Look(s)
	for _, e := range events {
		if e.Mark {
			text := e.Rule + ": " + e.Text
			if e.Ended > 0 {
				became := " is over after "
				if e.Lost {
					became = " is not known any more after "
				}
				text = e.Rule + became + (time.Duration(e.Ended-e.Began) * time.Millisecond).Round(time.Second).String() + ": " + e.Text
			}
			if err := d.mark(collector.Mark{At: s.At.UnixMilli(), Kind: collector.MarkAlert, Text: markText(text)}); err != nil {
				d.log.Warn("an alert is not marked", "error", err)
			}
		}
		if e.Tell && d.alerts.sender != nil {
			d.alerts.sender.Send(d.notice(s, e))
		}
	}
	if len(events) > 0 {
		d.alerts.change()
	}
}

// notice is what is told of an alert.
func (d *Dashboard) notice(s *collector.Snapshot, e alert.Event) webhook.Notice {
	n := webhook.Notice{Host: "this host", Rule: e.Rule, Subject: e.Subject, Text: e.Text, Value: e.Value, Threshold: e.Threshold, Unit: e.Unit,
		Began: time.UnixMilli(e.Began)}
	if host := d.host.Load(); host != nil && host.Hostname != "" {
		n.Host = host.Hostname
	}
	if s.Verdict != nil {
		n.Verdict = s.Verdict.Text
	}
	if e.Ended > 0 {
		n.Ended = time.UnixMilli(e.Ended)
	}
	if page := d.config.Access.page(); page != "" {
		n.Link = page + "?at=" + strconv.FormatInt(e.Began, 10)
	}
	return n
}

// markText makes of a text one that a mark may have.
func markText(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= collector.LongestMark {
		return s
	}
	runes := []rune(s)
	return string(runes[:collector.LongestMark-1]) + "…"
}

// notices is how telling goes; nil when nobody is told.
func (d *Dashboard) notices() *webhook.State {
	if d.alerts.sender == nil {
		return nil
	}
	state := d.alerts.sender.State()
	return &state
}

// getAlerts is how the rules stand, and what fired.
func (d *Dashboard) getAlerts(c *fiber.Ctx) error {
	answer := map[string]any{"rules": d.alerts.watch.States(time.Now()), "fired": d.alerts.watch.Fired(), "told": d.alerts.sender != nil}
	if d.alerts.sender != nil && d.visitor(c).role.May(auth.Operator) {
		answer["receiver"] = d.alerts.sender.State()
	}
	return sendJSON(c, answer)
}

// postAlerts silences a rule, or one subject of it.
func (d *Dashboard) postAlerts(c *fiber.Ctx) error {
	var in struct {
		Silence *struct {
			Rule    string `json:"rule"`
			Subject string `json:"subject"`
			For     string `json:"for"`
		} `json:"silence"`
	}
	if p := readJSON(c, &in); p != nil {
		return p.Send(c)
	}
	if in.Silence == nil {
		return problem.Bad("silence", "it is not said what shall be silent", `{"silence":{"rule":"filesystem-full","for":"1h"}}`).Send(c)
	}
	length, err := time.ParseDuration(in.Silence.For)
	if err != nil || length < 0 || length > alert.LongestSilence {
		return problem.Bad("for", "not a duration that fits here", "0s, which ends a silence, to "+alert.LongestSilence.String(), "such as 30m or 8h").Send(c)
	}
	if len(in.Silence.Subject) > longestSubject {
		return problem.Bad("subject", "no subject is as long as that", "one that api/v1/alerts names", "nothing: the whole rule").Send(c)
	}
	now := time.Now()
	if wait := d.alerts.silences.take(now, silencesPerSecond, silencesAtOnce); wait > 0 {
		return tooMany(c, wait, "that much is silenced by no person").Send(c)
	}
	if err := d.alerts.watch.Silence(in.Silence.Rule[:min(len(in.Silence.Rule), 64)], in.Silence.Subject, now, now.Add(length)); err != nil {
		return problem.Bad("rule", err.Error(), alert.Names()...).Send(c)
	}
	d.keepSilences(now)
	return d.getAlerts(c)
}
