package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/alert"
	"github.com/fivewire/fivewire/dashboard/internal/webhook"
)

// What of alerts outlives a restart is in files of their own in the directory of the history: what is silenced, and what
// fires and fired, with what nobody has been told of yet.
const (
	silencesName = "silences.json"
	firedName    = "alerts.json"
)

// keptPath is where such a file is; "" where history does not outlive a restart either.
func (d *Dashboard) keptPath(name string) string {
	if path := d.config.History.State().Path; path != "" {
		return filepath.Join(filepath.Dir(path), name)
	}
	return ""
}

// keep writes a file, whole or not at all.
func (d *Dashboard) keep(name string, what any) error {
	path := d.keptPath(name)
	if path == "" {
		return nil
	}
	text, err := json.Marshal(what)
	if err == nil {
		err = replaceFile(path, text)
	}
	return err
}

func replaceFile(path string, content []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// kept reads what was kept. Nothing is nothing, and no error.
func (d *Dashboard) kept(name string, what any) error {
	path := d.keptPath(name)
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, what)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// keepSilences writes what is silenced.
func (d *Dashboard) keepSilences(now time.Time) {
	d.alerts.keeping.Lock()
	defer d.alerts.keeping.Unlock()
	if err := d.keep(silencesName, d.alerts.watch.Silences(now)); err != nil {
		d.log.Warn("what is silenced is forgotten with the process", "error", err)
	}
}

// rememberSilences silences again what was silenced when the last process ended. A file that is none costs nothing but silences.
func (d *Dashboard) rememberSilences(now time.Time) {
	var list []alert.Silence
	if err := d.kept(silencesName, &list); err != nil {
		d.log.Warn("what was silenced cannot be read and is told of again", "error", err)
		return
	}
	for _, s := range list {
		until := time.UnixMilli(s.Until)
		if longest := now.Add(alert.LongestSilence); until.After(longest) { // the clock was set back since
			until = longest
		}
		if err := d.alerts.watch.Silence(s.Rule, s.Subject, now, until); err != nil {
			d.log.Warn("a silence is over", "error", fmt.Errorf("%s: %w", d.keptPath(silencesName), err))
		}
	}
}

// keptAlerts is what is in firedName.
type keptAlerts struct {
	alert.Kept
	Waiting []webhook.Waiting `json:"waiting,omitempty"`
}

// keepFired writes what fires and fired each time that it has changed, and at the end: a disk may be slow, and no snapshot
// waits for it.
func (d *Dashboard) keepFired(ctx context.Context) {
	for {
		last := false
		select {
		case <-d.alerts.changed:
		case <-ctx.Done():
			select {
			case <-d.alerts.changed:
			default:
				return
			}
			last = true
		}
		kept := keptAlerts{Kept: d.alerts.watch.Keep()}
		if d.alerts.sender != nil {
			kept.Waiting = d.alerts.sender.Waiting()
		}
		if err := d.keep(firedName, kept); err != nil {
			d.log.Warn("what fires is forgotten with the process", "error", err)
		}
		if last {
			return
		}
	}
}

// rememberFired has the watch go on where the last process's ended, and returns what that had not told.
func (d *Dashboard) rememberFired(now time.Time) []webhook.Waiting {
	var kept keptAlerts
	if err := d.kept(firedName, &kept); err != nil {
		d.log.Warn("what fired cannot be read, and fires anew", "error", err)
		return nil
	}
	d.alerts.watch.Resume(kept.Kept, now.UnixMilli())
	return kept.Waiting
}
