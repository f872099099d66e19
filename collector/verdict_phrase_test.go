package collector

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sentenceOf is the verdict without its parts, so that it can be compared.
func sentenceOf(v *Verdict) Verdict {
	sentence := *v
	sentence.Parts = nil
	return sentence
}

// checkParts holds the parts to the sentence: they tell nothing else, and nothing less where there is a detail to tell.
func checkParts(t testing.TB, v *Verdict) {
	t.Helper()
	p := v.Parts
	if p == nil {
		if v.Text != stateHealthy {
			t.Fatalf("%q has no parts", v.Text)
		}
		return
	}
	if strings.HasSuffix(v.Text, "…") { // cut: the parts have what it lacks
		return
	}
	if !strings.HasPrefix(v.Text, p.Head) {
		t.Fatalf("the head is %q, and the sentence %q", p.Head, v.Text)
	}
	if _, detail, found := strings.Cut(v.Text, ": "); found && detail != "" && len(p.Phrases) == 0 {
		t.Fatalf("%q has no phrases", v.Text)
	}
	for _, phrase := range p.Phrases {
		if !slices.Contains(VerdictPhrases(), phrase.Key) {
			t.Fatalf("%q has the phrase %q, which is none of VerdictPhrases", v.Text, phrase.Key)
		}
		if !strings.Contains(v.Text, phrase.Name) || phrase.PID != 0 && !strings.Contains(v.Text, fmt.Sprintf("(pid %d", phrase.PID)) {
			t.Fatalf("%q does not tell %+v", v.Text, phrase)
		}
		if share, ok := phrase.Figures["share"]; ok {
			if told := string(new(sentence).percent(share).b); !strings.Contains(v.Text, told) {
				t.Fatalf("%q does not tell %s of %+v", v.Text, told, phrase)
			}
		}
		if size, ok := phrase.Figures["bytes"]; ok {
			if told := string(new(sentence).bytes(size).b); !strings.Contains(v.Text, told) {
				t.Fatalf("%q does not tell %s of %+v", v.Text, told, phrase)
			}
		}
	}
	if told := string(new(sentence).duration(p.Seconds).b); p.Seconds > 0 && !strings.Contains(v.Text, told) {
		t.Fatalf("%q does not tell %s", v.Text, told)
	}
}

// Every phrase that a program may have to say is said somewhere, and no other.
func TestVerdictPhrases(t *testing.T) {
	var said []string
	for _, file := range []string{"verdict_say.go", "verdict_text.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`\btell(?:Of)?\("([a-z_]+)"`).FindAllSubmatch(source, -1) {
			said = append(said, string(match[1]))
		}
	}
	slices.Sort(said)
	if got, want := slices.Compact(said), VerdictPhrases(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What was said before its condition was over is told with it.
func TestPartsOfRemark(t *testing.T) {
	tr := newTrial(t)
	tr.run(quiet(), 10, 1)
	tr.run(writing(), 20, 1)
	v := tr.run(quiet(), 4, 1)
	if v.Parts == nil || v.Parts.Over == 0 || len(v.Parts.Phrases) < 2 || v.Parts.Phrases[0].Key != "culprit" || v.Parts.Phrases[0].PID != 811 {
		t.Errorf("got %+v of %q", v.Parts, v.Text)
	}
}
