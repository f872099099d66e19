package bundle

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fivewire/fivewire/assets"
)

// Each module comes once, behind those it imports, and what is loaded later has what the first did not.
func TestFiles(t *testing.T) {
	files := fstest.MapFS{
		"js/main.js": {Data: []byte(`// the page
import { add, one as first } from "./sum/sum.js";
import words from "./words/en.js";
import "./theme.js";
const { draw } = await import("./lab/draw.js");
const more = await import(` + "`./words/${words.other}.js`" + `);
const far = await import("https://elsewhere.example/x.js");
`)},
		"js/sum/sum.js":  {Data: []byte("export const one = 1;\nexport function add(a, b) { return a + b; }\nexport async function* all() {}\nexport class Sum {}\n")},
		"js/words/en.js": {Data: []byte("import { one } from \"../sum/sum.js\";\nexport default {\n  one,\n};\n")},
		"js/theme.js":    {Data: []byte("document.title = \"dark\";\n")},
		"js/lab/draw.js": {Data: []byte("import { add } from \"../sum/sum.js\";\nimport { pen } from \"./pen.js\";\nexport function draw() { add(pen, pen); }\n")},
		"js/lab/pen.js":  {Data: []byte("export const pen = 2;")},
	}
	got, err := Files(files, "js/main.js")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"js/main.js?bundle": `// js/main.js with all that it imports, each module in a block of its own. The files themselves are served too.

export const $js_sum_sum = {};
{ // js/sum/sum.js
const one = 1;
function add(a, b) { return a + b; }
async function* all() {}
class Sum {}
Object.assign($js_sum_sum, { one, add, all, Sum });
}

export const $js_words_en = {};
{ // js/words/en.js
const { one } = $js_sum_sum;
$js_words_en.default = {
  one,
};
}

export const $js_theme = {};
{ // js/theme.js
document.title = "dark";
}

export const $js_main = {};
{ // js/main.js
// the page
const { add, one: first } = $js_sum_sum;
const { default: words } = $js_words_en;

const { draw } = await import("../js/lab/draw.js?bundle=js/main.js");
const more = await import(` + "`../js/./words/${words.other}.js`" + `);
const far = await import("https://elsewhere.example/x.js");
}
export const $mark = true;
`,
		"js/lab/draw.js?bundle=js/main.js": `// js/lab/draw.js with all that it imports, each module in a block of its own. The files themselves are served too.
import { $mark, $js_sum_sum } from "../../js/main.js?bundle";

export const $js_lab_pen = {};
{ // js/lab/pen.js
const pen = 2;
Object.assign($js_lab_pen, { pen });
}

export const $js_lab_draw = {};
{ // js/lab/draw.js
const { add } = $js_sum_sum;
const { pen } = $js_lab_pen;
function draw() { add(pen, pen); }
Object.assign($js_lab_draw, { draw });
}
export const draw = $js_lab_draw.draw;
`,
	}
	mark := regexp.MustCompile(`\$[0-9a-f]{16}\b`)
	marks := map[string]bool{}
	for address, text := range got {
		marks[mark.FindString(string(text))] = true
		if text := mark.ReplaceAllLiteralString(string(text), "$mark"); text != want[address] {
			t.Errorf("%s: got\n%s\nwant\n%s", address, text, want[address])
		}
	}
	if len(marks) != 1 {
		t.Errorf("the bundles have the marks %v, want one", marks)
	}
	if len(got) != len(want) {
		t.Errorf("got %d files, want %d", len(got), len(want))
	}
}

// What is loaded later does not link with the bundle of another build.
func TestMark(t *testing.T) {
	link := regexp.MustCompile(`\{ (\$[0-9a-f]{16}) \} from`)
	build := func(version string) (page, wants string) {
		files := fstest.MapFS{"main.js": {Data: []byte("// " + version + "\nawait import(\"./later.js\");")}, "later.js": {}}
		got, err := Files(files, "main.js")
		if err != nil {
			t.Fatal(err)
		}
		return string(got["main.js?bundle"]), link.FindStringSubmatch(string(got["later.js?bundle=main.js"]))[1]
	}
	before, _ := build("1")
	after, wants := build("2")
	if strings.Contains(before, wants) || !strings.Contains(after, "export const "+wants+" = true;") {
		t.Errorf("it wants %s of\n%s\nand of\n%s", wants, before, after)
	}
}

// What it does not know it does not guess at.
func TestStrangers(t *testing.T) {
	for name, text := range map[string]string{
		"unknown":       "import { a } from \"./b.js\";",
		"several-lines": "import {\n  a,\n} from \"./a.js\";",
		"all-of-it":     "import * as a from \"./a.js\";",
		"passed-on":     "export { a } from \"./a.js\";",
		"taken-apart":   "export const { a } = b;",
		"itself":        "import { a } from \"./main.js\";",
		"still-later":   "const { a } = await import(\"./later.js\");",
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{"main.js": {Data: []byte(text)}, "a.js": {}, "later.js": {Data: []byte("await import(\"./a.js\");")}}
			if got, err := Files(files, "main.js"); err == nil {
				t.Errorf("got %s", got["main.js?bundle"])
			}
		})
	}
}

// Our own modules are as it knows them. That they run is a browser's to say.
func TestOurs(t *testing.T) {
	got, err := Files(assets.FS, "js/main.js", "js/embed.js")
	if err != nil {
		t.Fatal(err)
	}
	page, lab := string(got["js/main.js?bundle"]), string(got["js/lab/lab.js?bundle=js/main.js"])
	if n := strings.Count(page, "{ // js/api.js\n"); n != 1 || strings.Contains(page, "{ // js/lab/") || strings.Contains(page+lab, "import.meta") {
		t.Errorf("%d times js/api.js", n)
	}
	if !strings.Contains(lab, "{ // js/lab/lab.js\n") || strings.Contains(lab, "{ // js/api.js\n") {
		t.Error("the lab's bundle has not what it should")
	}
}

func BenchmarkFiles(b *testing.B) {
	for b.Loop() {
		if _, err := Files(assets.FS, "js/main.js", "js/embed.js"); err != nil {
			b.Fatal(err)
		}
	}
}
