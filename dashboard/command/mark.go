package command

import (
	"context"
	"net/http"
)

// Mark says to a dashboard what was done at this moment.
type Mark struct {
	Text    string `arg:"" help:"What was done, in one line of at most 200 characters."`
	URL     string `default:"http://127.0.0.1:8055/" placeholder:"URL" help:"The dashboard's address, or unix:/path of its socket (default ${default})."`
	KeyFile string `placeholder:"FILE" help:"A file with the dashboard's key; FIVEWIRE_KEY may have it instead."`
}

// Help is what --help says beside the list.
func (Mark) Help() string {
	return `A mark is a moment with a name: it stands in the charts, and is kept as long as history is.

Examples:
  fivewire mark "deploy v2"
  FIVEWIRE_KEY=… fivewire mark --url https://monitor.example/ "deploy v2"`
}

// Surplus is said of a second argument. It is not taken for an address, as that of a text without quotes may look like one, and the
// key would go there.
func (Mark) Surplus() string {
	return "the text is one argument, in quotes, and the dashboard's address stands behind --url"
}

// Validate refuses before anything is asked.
func (m *Mark) Validate() error { return validAddress(m.URL) }

// Run makes the mark, and says nothing when all is well.
func (m *Mark) Run() error {
	r, err := dial(m.URL, m.KeyFile)
	if err != nil {
		return err
	}
	return r.ask(context.Background(), http.MethodPost, "api/v1/marks", map[string]string{"text": m.Text}, nil)
}
