package fault

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func parsed(t *testing.T, text string) Fault {
	t.Helper()
	f, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What is listed can be asked for again.
func TestParse(t *testing.T) {
	for text, names := range map[string]string{
		`{"delay":"300ms","jitter":"50ms"}`:                    "delay jitter",
		`{"throttle":1000,"buffer":4096}`:                      "throttle buffer",
		`{"buffer":"all","refuse_upgrade":true,"cut":"once"}`:  "buffer refuse_upgrade cut",
		`{"stall":"10s","mute":true,"cut":"5s","forget":true}`: "stall mute cut forget",
		`{"delay":"0s","throttle":0,"buffer":0,"cut":"no"}`:    "",
		`{"refuse_upgrade":false,"mute":false,"forget":false}`: "",
		`{"jitter":"1m","delay":"1s"}`:                         "!jitter",
		`{"delay":"-1s"}`:                                      "!delay",
		`{"throttle":99}`:                                      "!throttle",
		`{"throttle":-1}`:                                      "!throttle",
		`{"throttle":1.5}`:                                     "!fault",
		`{"buffer":"some"}`:                                    "!buffer",
		`{"buffer":-1}`:                                        "!buffer",
		`{"buffer":1000000}`:                                   "!buffer",
		`{"cut":"0s"}`:                                         "!cut",
		`{"cut":"often"}`:                                      "!cut",
		`{"stall":"1h"}`:                                       "!stall",
		`{"zebra":1}`:                                          "!fault",
		`{}`:                                                   "!fault",
		`null`:                                                 "!fault",
		`{"mute":true} {}`:                                     "!fault",
		``:                                                     "!fault",
		`{"delay":"` + strings.Repeat("\x00\u202e", 100) + `"}`: "!fault",
	} {
		f, err := Parse([]byte(text))
		if field, refused := strings.CutPrefix(names, "!"); refused {
			var e *FieldError
			if !errors.As(err, &e) || e.Field != field || len(e.Allowed) == 0 {
				t.Errorf("%.40s: got %v, want %s refused", text, err, field)
			}
			continue
		}
		if got := strings.Join(f.Names(), " "); err != nil || got != names {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, names)
		}
		said, err := json.Marshal(f)
		if again, err2 := Parse(said); err != nil || err2 != nil || !slices.Equal(again.Names(), f.Names()) {
			t.Errorf("%s: said %s, %v, %v", text, said, err, err2)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"delay":"300ms","buffer":"all","cut":"5s"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		fault, err := Parse(text)
		if err != nil {
			return
		}
		said, err := json.Marshal(fault)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(said)
		if saidAgain, _ := json.Marshal(again); err != nil || string(said) != string(saidAgain) {
			t.Errorf("%q became %s and then %s, %v", text, said, saidAgain, err)
		}
	})
}

// The narrowest scope that says something about a field is right about it.
func TestScopes(t *testing.T) {
	b := Open(nil)
	defer b.Close()
	for _, e := range []struct {
		scope Scope
		fault string
	}{
		{Scope{}, `{"delay":"1s","throttle":500}`},
		{Scope{Technique: "sse"}, `{"delay":"2s","buffer":7}`},
		{Scope{Viewer: "me"}, `{"delay":"3s","mute":true}`},
		{Scope{"me", "sse"}, `{"delay":"0s"}`},
	} {
		if _, err := b.Set(e.scope, parsed(t, e.fault), 0); err != nil {
			t.Fatal(err)
		}
	}
	for who, want := range map[Scope]string{
		{"you", "polling"}: `{"delay":"1s","throttle":500}`,
		{"you", "sse"}:     `{"delay":"2s","throttle":500,"buffer":7}`,
		{"me", "polling"}:  `{"delay":"3s","throttle":500,"mute":true}`,
		{"me", "sse"}:      `{"delay":"0s","throttle":500,"buffer":7,"mute":true}`,
		{"me", ""}:         `{"delay":"3s","throttle":500,"mute":true}`,
	} {
		if got, err := json.Marshal(b.Of(who.Viewer, who.Technique)); err != nil || string(got) != want {
			t.Errorf("%v: got %s, %v, want %s", who, got, err, want)
		}
	}
	if !b.Clear(Scope{Viewer: "me"}) || b.Clear(Scope{Viewer: "me"}) {
		t.Error("a fault was not taken away once")
	}
	if got := b.ClearAll(); got != 3 || len(b.List()) != 0 {
		t.Errorf("got %d taken away and %v left", got, b.List())
	}
}

// What is over early does not stay; what says that something is whole stays as long as was asked for.
func TestLifetime(t *testing.T) {
	b := Open(nil)
	defer b.Close()
	const asked = 10 * time.Minute
	for text, want := range map[string]time.Duration{
		`{"stall":"10s"}`:               10 * time.Second,
		`{"stall":"10s","mute":true}`:   asked,
		`{"stall":"0s"}`:                asked,
		`{"cut":"once"}`:                onceLife,
		`{"forget":true}`:               onceLife,
		`{"cut":"once","forget":true}`:  onceLife,
		`{"cut":"once","forget":false}`: asked,
		`{"cut":"no","forget":true}`:    asked,
		`{"cut":"no"}`:                  asked,
		`{"cut":"5s"}`:                  asked,
		`{"forget":false}`:              asked,
	} {
		e, err := b.Set(Scope{Viewer: "me"}, parsed(t, text), asked)
		if got := e.Until.Sub(e.Since); err != nil || got != want {
			t.Errorf("%s: stays %v, %v, want %v", text, got, err, want)
		}
		if len(b.List()) != 1 {
			t.Errorf("%s is not in force", text)
		}
	}
}

// What was in force is told for a while, however short it was and however it ended.
func TestOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := Open(nil)
		defer b.Close()
		set := func(viewer string, life time.Duration) {
			if _, err := b.Set(Scope{Viewer: viewer}, parsed(t, `{"mute":true}`), life); err != nil {
				t.Fatal(err)
			}
		}
		over := func() (names []string) {
			synctest.Wait()
			for _, e := range b.Over() {
				names = append(names, e.Scope.Viewer+" "+e.Until.Sub(e.Since).String())
			}
			return names
		}
		set("ends", time.Second)
		set("replaced", time.Minute)
		time.Sleep(2 * time.Second)
		set("replaced", time.Minute)
		b.Clear(Scope{Viewer: "replaced"})
		set("all", time.Minute)
		b.ClearAll()
		if got, want := over(), []string{"ends 1s", "replaced 2s", "replaced 0s", "all 0s"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		time.Sleep(overFor)
		if got := over(); len(got) != 3 { // those that ended just so long ago
			t.Errorf("later there are %q", got)
		}
		time.Sleep(time.Second)
		if got := over(); len(got) != 0 {
			t.Errorf("in the end there are %q", got)
		}
		for range mostFaults + 5 {
			set("often", time.Minute)
		}
		if got := over(); len(got) > mostFaults {
			t.Errorf("there are %d", len(got))
		}
	})
}

func TestBookIsBounded(t *testing.T) {
	b := Open(nil)
	defer b.Close()
	f := parsed(t, `{"mute":true}`)
	for n := range mostFaults {
		if _, err := b.Set(Scope{Viewer: strings.Repeat("x", n+1)}, f, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Set(Scope{}, f, 0); !errors.Is(err, ErrFull) {
		t.Errorf("got %v, want %v", err, ErrFull)
	}
	if _, err := b.Set(Scope{Viewer: "x"}, f, 0); err != nil {
		t.Errorf("one that is there: %v", err)
	}
}
