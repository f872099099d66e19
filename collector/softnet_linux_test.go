package collector

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A line of 2009, and two of a kernel since 5.10, whose processor 1 is switched off.
const (
	softnet2009 = "0000eb8a 00000001 00000002 00000000 00000000 00000000 00000000 00000000 00000000\n"
	softnet2025 = "00e9eb8a 00000000 00000002 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n" +
		"ffffffff 00000010 00000006 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000001 00000002 00000000 00000000\n"
)

func TestParseSoftnet(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		bad        bool
	}{
		{softnet2009, "[{0 60298 1 2}]", false},
		{softnet2009 + softnet2009, "[{0 60298 1 2} {1 60298 1 2}]", false},
		{softnet2025, "[{0 15330186 0 2} {2 4294967295 16 6}]", false},
		{"", "[]", false},
		{"0 1\n" + softnet2009, "[{1 60298 1 2}]", true},
		{softnet2009 + "0 1 2", "[{0 60298 1 2}]", true},
		{"-1 0 0\nxyz 0 0\n123456789 0 0\n", "[]", true},
		{strings.Replace(softnet2025, "00000001 00000002 ", "00000001 ffffffff ", 1), "[{0 15330186 0 2}]", true},
	} {
		got, err := parseSoftnet([]byte(tt.text))
		if fmt.Sprint(got) != tt.want || (err != nil) != tt.bad {
			t.Errorf("%q: got %v, %v, want %s", tt.text, got, err, tt.want)
		}
	}
}

// It is read every five seconds, and not on each tick of its source.
func TestSoftnetIsSeldomRead(t *testing.T) {
	host := tree{"proc/1/net/softnet_stat": softnet2009}.write(t)
	s := newSocketReader(host).softnet
	start := time.Now()
	for _, step := range []struct {
		after time.Duration
		text  string
		want  int
	}{{0, softnet2009, 1}, {softnetEvery - 1, softnet2025, 1}, {softnetEvery, softnet2025, 2}} {
		tree{"proc/1/net/softnet_stat": step.text}.over(t, host)
		if got, err := s.read(start.Add(step.after)); err != nil || len(got) != step.want {
			t.Errorf("after %v: got %v, %v, want %d", step.after, got, err, step.want)
		}
	}
}
