package transport

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// MostCommand bounds what a viewer may say at a time, in bytes.
const MostCommand = 4 << 10

// command is what a viewer says upwards: in-band on a WebSocket, by POST api/v1/viewers/{id} on the other four.
type command struct {
	Set *struct {
		Every *string `json:"every"`
	} `json:"set"`
	Ping json.RawMessage `json:"ping"`
}

const (
	setForm  = `{"set":{"every":"500ms"}}`
	pingForm = `{"ping":123}`
)

// Command does what a viewer says and returns the answer, JSON, or nil where there is none.
func (s *Server) Command(viewer string, text []byte) ([]byte, *problem.Problem) {
	return s.command(func(every time.Duration) { s.Viewers.SetEvery(viewer, every) }, text)
}

// command is Command where set thins the viewer's messages.
func (s *Server) command(set func(every time.Duration), text []byte) ([]byte, *problem.Problem) {
	var cmd command
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&cmd); err != nil || d.More() || !utf8.Valid(text) || (cmd.Set == nil && cmd.Ping == nil) {
		return nil, problem.Bad("command", quote(string(text))+" is not a command", setForm, pingForm)
	}
	if cmd.Set != nil {
		if cmd.Set.Every == nil {
			return nil, problem.Bad("set", "nothing to set", setForm)
		}
		every, p := parseDuration("every", *cmd.Set.Every, longestEvery)
		if p != nil {
			return nil, p
		}
		set(every)
	}
	if cmd.Ping == nil {
		return nil, nil
	}
	answer, err := json.Marshal(struct {
		Pong json.RawMessage `json:"pong"`
		At   int64           `json:"at"` // Unix milliseconds
	}{cmd.Ping, time.Now().UnixMilli()})
	if err != nil {
		return nil, problem.Bad("ping", "cannot be answered", pingForm)
	}
	return answer, nil
}
