package arch

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	wordsFolder = "assets/js/words"
	// serverRoom has what the server says in words. English has little of it: the server speaks English.
	serverRoom = "server"
)

// languages and the plural forms that each has, as the Unicode CLDR says.
var languages = map[string][]string{"en": {"one", "other"}, "zh": {"other"}}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// A text is what a key stands for: by plural form, "" where it has but one.
type text map[string]string

// placeholders that a text may fill, in order, each once.
func (t text) placeholders() []string {
	var names []string
	for _, form := range t {
		for _, match := range placeholder.FindAllStringSubmatch(form, -1) {
			names = append(names, match[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// room reads the texts of a words file. It knows the few things that such a file may hold: comments, and names with a
// text, or with one for each plural form.
func room(t *testing.T, file string) map[string]text {
	t.Helper()
	_, rest, found := strings.Cut(read(t, file), "export default {")
	if !found {
		t.Fatalf("%s exports no words", file)
	}
	texts := map[string]text{}
	fail := func() { t.Fatalf("%s: after %d texts, no words: %.60s", file, len(texts), rest) }
	skip := func() {
		for {
			rest = strings.TrimLeft(rest, " \n")
			if !strings.HasPrefix(rest, "//") {
				return
			}
			_, rest, _ = strings.Cut(rest, "\n")
		}
	}
	take := func(pattern string) string {
		skip()
		match := regexp.MustCompile(`\A(?:` + pattern + `)`).FindString(rest)
		if match == "" {
			fail()
		}
		rest = rest[len(match):]
		return match
	}
	// quoted is a string, or several with a plus between them.
	quoted := func() string {
		var whole strings.Builder
		for {
			part, err := strconv.Unquote(take(`"(?:[^"\\\n]|\\.)*"`))
			if err != nil {
				fail()
			}
			whole.WriteString(part)
			if skip(); !strings.HasPrefix(rest, "+") {
				return whole.String()
			}
			rest = rest[1:]
		}
	}
	for skip(); !strings.HasPrefix(rest, "};\n"); skip() {
		name := strings.TrimSuffix(take(`[a-z][a-z0-9_]*:`), ":")
		if texts[name] != nil {
			t.Errorf("%s has two texts for %s", file, name)
		}
		texts[name] = text{}
		if skip(); strings.HasPrefix(rest, "{") {
			for rest = rest[1:]; ; {
				form := strings.TrimSuffix(take(`[a-z]+:`), ":")
				texts[name][form] = quoted()
				if take(`,|\}`) == "}" {
					break
				}
				if skip(); strings.HasPrefix(rest, "}") {
					rest = rest[1:]
					break
				}
			}
		} else {
			texts[name][""] = quoted()
		}
		take(`,`)
	}
	if rest != "};\n" {
		fail()
	}
	return texts
}

// rooms of a language, by name.
func rooms(t *testing.T, language string) map[string]map[string]text {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, wordsFolder, language, "*.js"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no rooms of %s: %v", language, err)
	}
	all := map[string]map[string]text{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".js")
		all[name] = room(t, path.Join(wordsFolder, language, name+".js"))
	}
	return all
}

// TestWordsAgree: what is said in one language is said in every other, with the same numbers and names in it.
func TestWordsAgree(t *testing.T) {
	folders, err := os.ReadDir(filepath.Join(root, wordsFolder))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if folder.IsDir() && languages[folder.Name()] == nil {
			t.Errorf("%s is no language that this test knows the plural forms of", folder.Name())
		}
	}
	english := rooms(t, "en")
	for language, forms := range languages {
		other := rooms(t, language)
		if got, want := slices.Sorted(maps.Keys(other)), slices.Sorted(maps.Keys(english)); !slices.Equal(got, want) {
			t.Errorf("%s: got rooms %v, want %v", language, got, want)
		}
		for name, texts := range other {
			if name == serverRoom {
				continue // TestServersWords
			}
			for key, text := range texts {
				at := fmt.Sprintf("%s/%s.js: %s", language, name, key)
				if english[name][key] == nil {
					t.Errorf("%s is not in en", at)
					continue
				}
				if got, want := text.placeholders(), english[name][key].placeholders(); !slices.Equal(got, want) {
					t.Errorf("%s: got placeholders %v, want %v", at, got, want)
				}
				if _, single := text[""]; !single {
					if got := slices.Sorted(maps.Keys(text)); !slices.Equal(got, forms) {
						t.Errorf("%s: got plural forms %v, want %v", at, got, forms)
					}
					if !slices.Contains(text.placeholders(), "n") {
						t.Errorf("%s has plural forms and no {n} that decides between them", at)
					}
				}
				for form, words := range text {
					if strings.TrimSpace(words) != words && len(words) > 2 || words == "" { // what stands between words may have one
						t.Errorf("%s %s: got %q, want words without blanks around them", at, form, words)
					}
				}
			}
			for key := range english[name] {
				if texts[key] == nil {
					t.Errorf("%s/%s.js: %s is missing", language, name, key)
				}
			}
		}
	}
}

// mention is a key as a program or the page names it: whole, or its beginning where the rest is only known when it runs.
var mention = regexp.MustCompile("[\"'`]([a-z]+)\\.([a-z][a-z0-9_]*)(\\$\\{|[\"'`])")

// group is the beginning of a key that term completes.
var group = regexp.MustCompile(`\bterm\("([a-z]+)\.([a-z][a-z0-9_]*)"`)

// TestWordsAreSaid: every key that is named is there, and every key that is there is named.
func TestWordsAreSaid(t *testing.T) {
	english := rooms(t, "en")
	said := map[string]bool{}
	see := func(file, source string) {
		if strings.HasPrefix(file, wordsFolder+"/en/") || strings.HasPrefix(file, wordsFolder+"/zh/") {
			return
		}
		grouped := map[string]bool{}
		for _, match := range group.FindAllStringSubmatch(source, -1) {
			grouped[match[1]+"."+match[2]] = true
		}
		for _, match := range mention.FindAllStringSubmatch(source, -1) {
			name, key := match[1], match[2]
			if english[name] == nil || name == serverRoom {
				continue // a name with a dot in it that is no key, of a file for example
			}
			whole := !strings.HasPrefix(match[3], "$")
			if whole && grouped[name+"."+key] {
				whole, key = false, key+"_"
			}
			n := 0
			for there := range english[name] {
				if there == key || !whole && strings.HasPrefix(there, key) {
					said[name+"."+there] = true
					n++
				}
			}
			if n == 0 {
				t.Errorf("%s says %s.%s, which is in no language", file, name, key)
			}
		}
	}
	walk(t, "assets/js", ".js", see)
	see("assets/index.html", read(t, "assets/index.html"))
	for name, texts := range english {
		if name == serverRoom {
			continue // TestServersWords
		}
		for key := range texts {
			if !said[name+"."+key] {
				t.Errorf("%s.%s is said nowhere", name, key)
			}
		}
	}
}

// TestServersWords: what the collector says in words has a translation, and what has one is said.
func TestServersWords(t *testing.T) {
	between := regexp.MustCompile(`[^a-z0-9]+`)
	wanted := map[string]bool{}
	want := func(group, words string) {
		wanted[group+"_"+strings.Trim(between.ReplaceAllString(strings.ToLower(words), "_"), "_")] = true
	}
	// each finds the words of a group in the files of a pattern, below a line where there is one.
	for _, each := range []struct{ group, files, below, words string }{
		{"reason", "*.go", "", `notHere\("([^"]+)"\)`},
		{"source", "*.go", "", `Source\{Name: "([a-z_]+)"|\bName:\s+"([a-z_]+)",\n`},
		{"mount", "mount_shown.go", "func (h hideReason) String()", `hidden\w+:\s+"([^"]+)"`},
		{"process", "process_stat_linux.go", "func stateOf", `return "(\w+)"`},
		{"link", "network_linux.go", "func netState", `return "(\w+)"`},
		{"head", "verdict_rules.go", "", `head:\s+"([^"]+)"`},
		{"phrase", "verdict_phrase.go", "func VerdictPhrases", `"([a-z_]+)"`},
		{"battery", "battery.go", "", `// "(charging)", "(discharging)", "(full)", "(not charging)" or "(unknown)"`},
	} {
		files, err := filepath.Glob(filepath.Join(root, "collector", each.files))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			_, text, _ := strings.Cut(read(t, "collector/"+filepath.Base(file)), each.below)
			if each.below != "" {
				text, _, _ = strings.Cut(text, "\n}\n")
			}
			for _, match := range regexp.MustCompile(each.words).FindAllStringSubmatch(text, -1) {
				for _, words := range match[1:] {
					if words != "" {
						want(each.group, words)
						n++
					}
				}
			}
		}
		if n < 5 {
			t.Errorf("%d words of %s found", n, each.group)
		}
	}
	for language := range languages {
		texts := rooms(t, language)[serverRoom]
		for key := range wanted {
			if texts[key] == nil && language != "en" {
				t.Errorf("%s/%s.js: %s is missing", language, serverRoom, key)
			}
		}
		for key := range texts {
			if !wanted[key] {
				t.Errorf("%s/%s.js: the server says nothing like %s", language, serverRoom, key)
			}
		}
	}
}

// TestLessonsWords: each lesson has its name, its question, its choices and what is to be learned, each trial its figures; and
// a lesson is one of those that can be chosen.
func TestLessonsWords(t *testing.T) {
	texts := rooms(t, "en")["lessons"]
	list := read(t, "assets/js/lab/lessons.js")
	wanted := map[string]bool{}
	figures := func(source string) {
		for _, figure := range regexp.MustCompile(`figure: "(\w+)"`).FindAllStringSubmatch(source, -1) {
			wanted["figure_"+figure[1]] = true
		}
	}
	n := 0
	walk(t, "assets/js/lab/lesson", ".js", func(file, source string) {
		n++
		name := strings.TrimSuffix(path.Base(file), ".js")
		if !strings.Contains(source, fmt.Sprintf("name: %q,", name)) {
			t.Errorf("%s does not have the name of its file", file)
		}
		if !strings.Contains(list, fmt.Sprintf("import %s from \"./lesson/%s.js\";", name, name)) {
			t.Errorf("%s is no lesson that can be chosen", file)
		}
		for _, end := range []string{"", "_question", "_learned"} {
			wanted["of_"+name+end] = true
		}
		if match := regexp.MustCompile(`choices: \[([^\]]*)\]`).FindStringSubmatch(source); match != nil {
			for _, choice := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(match[1], -1) {
				wanted["of_"+name+"_choice_"+choice[1]] = true
			}
		}
		figures(source)
	})
	if n < 14 {
		t.Errorf("%d lessons, want 14 at least", n)
	}
	trials := read(t, "assets/js/lab/trials.js")
	walk(t, "assets/js/lab/trial", ".js", func(file, source string) {
		name := strings.TrimSuffix(path.Base(file), ".js")
		if !strings.Contains(source, fmt.Sprintf("name: %q,", name)) || !strings.Contains(trials, fmt.Sprintf("import %s from \"./trial/%s.js\";", name, name)) {
			t.Errorf("%s is no trial, by the name of its file", file)
		}
		figures(source)
	})
	for key := range wanted {
		if texts[key] == nil {
			t.Errorf("lessons.%s is missing", key)
		}
	}
	for key := range texts {
		if (strings.HasPrefix(key, "of_") || strings.HasPrefix(key, "figure_")) && !wanted[key] {
			t.Errorf("lessons.%s is of no lesson", key)
		}
	}
}

// TestNoLiteralWords: what a reader sees has a key. A string with two words in it, or an element of the page with letters,
// is taken for something to be read; the few that are not are listed here, each with its reason.
func TestNoLiteralWords(t *testing.T) {
	allowed := map[string]string{
		"fivewire": "the product's name",
		"OpenAPI":  "a standard's name",
		"CSV":      "a format's name",
		"JSON":     "a format's name",

		"code-line code-begin": "class names",
		"panel lab-0":          "class names",
	}
	plain := regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"|` + "`(?:[^`\\\\]|\\\\.)*`")
	comment := regexp.MustCompile(`(?m)^\s*(?:///?.*|/?\*.*)$|\s// .*$|/\*\*.*?\*/`)
	inside := regexp.MustCompile(`\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}`)
	phrase := regexp.MustCompile(`[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}|^[A-Z][a-z]+ [a-z]`)
	// What programs say to programs, or to whoever mends them.
	internal := regexp.MustCompile(`new Error\(|matchMedia|querySelector|className|one\("|closest\(|matches\(|sources: "|setAttribute\("class`)
	looks := regexp.MustCompile(`\b(make|said|symbol)\(("[^"]*"(?:, "[a-z]+\.[a-z_]+")?), "[^"]*"`) // class names
	see := func(file, source string) {
		switch file { // their words are those of languages for machines
		case "assets/js/lab/tokens.js", // it colours code
			"assets/js/lab/cures.js",    // it prints lines for proxies
			"assets/js/panel/differ.js": // it names programs and their columns
			return
		}
		for _, line := range strings.Split(comment.ReplaceAllString(source, ""), "\n") {
			if internal.MatchString(line) {
				continue
			}
			for _, literal := range plain.FindAllString(looks.ReplaceAllString(line, "$1($2"), -1) {
				words := inside.ReplaceAllString(literal[1:len(literal)-1], "0")
				if _, ok := allowed[words]; !ok && phrase.MatchString(words) {
					t.Errorf("%s says %s without a key", file, literal)
				}
			}
		}
	}
	walk(t, "assets/js/panel", ".js", see)
	walk(t, "assets/js/lab", ".js", see)
	see("assets/js/main.js", read(t, "assets/js/main.js"))
	see("assets/js/format.js", read(t, "assets/js/format.js"))

	index := read(t, "assets/index.html")
	index = regexp.MustCompile(`(?s)<!--.*?-->|<noscript>.*?</noscript>|<head>.*?</head>|<kbd[^>]*>.*?</kbd>`).ReplaceAllString(index, "")
	for _, match := range regexp.MustCompile(`>([^<>]*[A-Za-z]{2,}[^<>]*)<`).FindAllStringSubmatch(index, -1) {
		if words := strings.TrimSpace(match[1]); allowed[words] == "" {
			t.Errorf("index.html says %q without a key", words)
		}
	}
	for _, match := range regexp.MustCompile(`\s(title|aria-label|placeholder|alt)="([^"]*)"`).FindAllStringSubmatch(index, -1) {
		t.Errorf("index.html says %s %q without a key", match[1], match[2])
	}
}
