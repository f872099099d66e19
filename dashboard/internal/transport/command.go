package transport

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// MostCommand bounds what a viewer may say at a time, in bytes.
const MostCommand = 4 << 10

// command is what a viewer says upwards: in-band on a WebSocket, by POST api/v1/viewers/{id} on the other four.
type command struct {
	Set *struct {
		Every    *string `json:"every"`
		Conflate *bool   `json:"conflate"`
	} `json:"set"`
	Ping json.RawMessage `json:"ping"`
	Echo *string         `json:"echo"`
}

const (
	everyForm    = `{"set":{"every":"500ms"}}`
	conflateForm = `{"set":{"conflate":true}}, so as to get the newest alone when several wait`
	pingForm     = `{"ping":123}`
	echoForm     = `{"echo":"WORD"} in the lab: the next message says it too; 1 to 64 of A-Z a-z 0-9 _ . -`
)

// Command does what a viewer says and returns the answer, JSON, or nil where there is none. What is set is set for a
// viewer that has asked for messages under that name, or nobody would notice; the rest is for everybody.
func (s *Server) Command(viewer string, text []byte) ([]byte, *problem.Problem) {
	return s.command(s.Viewers.known(viewer), func(c change) { s.Viewers.set(viewer, c) }, text)
}

// command is Command where set changes what the viewer gets, if it is known.
func (s *Server) command(known bool, set func(change), text []byte) ([]byte, *problem.Problem) {
	var cmd command
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(&cmd)
	if err == nil {
		_, err = d.Token() // More takes a bracket too many for the end
	}
	if err != io.EOF || !utf8.Valid(text) || (cmd.Set == nil && cmd.Ping == nil && cmd.Echo == nil) {
		return nil, problem.Bad("command", quote(string(text))+" is not a command", everyForm, conflateForm, pingForm, echoForm)
	}
	var wanted change
	if cmd.Set != nil {
		if !known {
			p := problem.New(http.StatusNotFound, "no viewer of this name has been here: ask for messages first, such as by api/v1/sse?viewer=NAME")
			p.Parameter = "viewer"
			return nil, p
		}
		if cmd.Set.Every == nil && cmd.Set.Conflate == nil {
			return nil, problem.Bad("set", "nothing to set", everyForm, conflateForm)
		}
		if cmd.Set.Every != nil {
			every, p := parseDuration("every", *cmd.Set.Every, longestEvery)
			if p != nil {
				return nil, p
			}
			wanted.every = &every
		}
		wanted.conflate = cmd.Set.Conflate
	}
	if cmd.Echo != nil { // what can be refused comes first: half a command is none
		if p := s.echo(*cmd.Echo); p != nil {
			return nil, p
		}
	}
	if cmd.Set != nil {
		set(wanted)
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

// noLab refuses what is the lab's.
func (s *Server) noLab(what string) *problem.Problem {
	why := "this dashboard's lab is off: start it with --lab on"
	if s.config.Linked {
		why = "not for who came by a link: log in with a key or a password"
	}
	return problem.New(fiber.StatusForbidden, what+", and "+why)
}

// echo has the next message say a word, so that who said it can measure the way there and back without a second clock.
func (s *Server) echo(word string) *problem.Problem {
	if !s.config.Lab {
		return s.noLab("echo is a command of the lab")
	}
	if !viewerForm.MatchString(word) { // the bounds of a viewer's id are those of what the hub echoes
		return problem.Bad("echo", quote(word)+" is not a word to echo", echoForm)
	}
	if err := s.hub.Echo(word); err != nil {
		return problem.New(fiber.StatusTooManyRequests, err.Error()+"; ask again after it")
	}
	return nil
}
