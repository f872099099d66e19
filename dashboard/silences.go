package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/alert"
)

// silencesName is the file of silences, in the directory of the history.
const silencesName = "silences.json"

// silencesPath is where silences outlive a restart; "" where history does not either.
func (d *Dashboard) silencesPath() string {
	if path := d.config.History.State().Path; path != "" {
		return filepath.Join(filepath.Dir(path), silencesName)
	}
	return ""
}

// keepSilences writes what is silenced, whole or not at all.
func (d *Dashboard) keepSilences(now time.Time) {
	path := d.silencesPath()
	if path == "" {
		return
	}
	d.alerts.keeping.Lock()
	defer d.alerts.keeping.Unlock()
	text, err := json.Marshal(d.alerts.watch.Silences(now))
	if err == nil {
		err = replaceFile(path, text)
	}
	if err != nil {
		d.log.Warn("what is silenced is forgotten with the process", "error", err)
	}
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

// rememberSilences silences again what was silenced when the last process ended. A file that is none costs nothing but silences.
func (d *Dashboard) rememberSilences(now time.Time) {
	path := d.silencesPath()
	if path == "" {
		return
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var list []alert.Silence
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil {
		d.log.Warn("what was silenced cannot be read and is told of again", "file", path, "error", err)
		return
	}
	for _, s := range list {
		until := time.UnixMilli(s.Until)
		if longest := now.Add(alert.LongestSilence); until.After(longest) { // the clock was set back since
			until = longest
		}
		if err := d.alerts.watch.Silence(s.Rule, s.Subject, now, until); err != nil {
			d.log.Warn("a silence is over", "error", fmt.Errorf("%s: %w", path, err))
		}
	}
}
