// Package arch holds the repository to its own rules: who imports whom, which files must have twins, what the top
// level is. Each ban says why.
package arch

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fivewire/fivewire/dashboard/load/address"
)

const (
	root   = "../../.."
	module = "github.com/fivewire/fivewire"
)

// techniques in every place where they have a file.
var techniques = []string{"polling", "longpolling", "streaming", "sse", "websocket"}

// TestTopLevel: a newcomer sees ten names, and each says what is behind it.
func TestTopLevel(t *testing.T) {
	allowed := []string{"main.go", "embed.go", "go.mod", "go.sum", "README.md", "LICENSE", "Dockerfile", "collector", "dashboard", "assets"}
	out, err := exec.Command("git", "-C", root, "ls-files").Output()
	if err != nil { // an unpacked archive has no git: its folder is the list
		entries, err := os.ReadDir(root)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			out = append(out, (e.Name() + "\n")...)
		}
	}
	for file := range strings.Lines(string(out)) {
		top, _, _ := strings.Cut(strings.TrimSpace(file), "/")
		if !strings.HasPrefix(top, ".") && !slices.Contains(allowed, top) {
			t.Errorf("%s is at the top level", top)
		}
	}
}

// TestPageState: an address that is copied from a browser is one for the command line, whatever the page keeps in it.
func TestPageState(t *testing.T) {
	// Each is a piece of state of one name, of several, or is read once.
	word := regexp.MustCompile(`\bword\("(\w+)"|location\.search\)\.get\("(\w+)"`)
	several := regexp.MustCompile(`\bkeys: \["(\w+(?:", "\w+)*)"\]`)
	once := regexp.MustCompile(`\bonce = \{ (.+) \}`)
	var found []string
	walk(t, "assets/js", ".js", func(file, text string) {
		if path.Base(file) == "embed.js" { // a page of its own, which nobody gives to a program
			return
		}
		for _, match := range word.FindAllStringSubmatch(text, -1) {
			found = append(found, match[1]+match[2])
		}
		for _, match := range several.FindAllStringSubmatch(text, -1) {
			found = append(found, strings.Split(match[1], `", "`)...)
		}
		for _, match := range once.FindAllStringSubmatch(text, -1) {
			for _, name := range regexp.MustCompile(`(\w+):`).FindAllStringSubmatch(match[1], -1) {
				found = append(found, name[1])
			}
		}
	})
	for _, name := range address.OfPage() {
		if !slices.Contains(found, name) {
			t.Errorf("dashboard/load/address takes %s for the page's, and it is not: the page has %v", name, found)
		}
	}
	for _, name := range found {
		if !slices.Contains(address.OfPage(), name) {
			t.Errorf("dashboard/load/address does not know that %s is the page's", name)
		}
	}
}

// TestTwins: a student opens the files of one name side by side and sees the whole technique.
func TestTwins(t *testing.T) {
	for _, technique := range techniques {
		for _, file := range []string{
			"dashboard/internal/transport/" + technique + ".go",
			"dashboard/load/" + technique + ".go",
			"dashboard/testdata/transcript/" + technique + ".golden",
			"assets/js/transport/" + technique + ".js",
		} {
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("a twin is missing: %v", err)
			}
		}
	}
	css := read(t, "assets/css/tokens.css") + read(t, "assets/css/components.css")
	for _, technique := range techniques {
		if !strings.Contains(css, technique) {
			t.Errorf("%s has no hook in the style sheets", technique)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type goPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

// packages asks go list about all of ours.
func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,Deps", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// TestGoImports: one way only.
func TestGoImports(t *testing.T) {
	const fiber = "github.com/gofiber/"
	onlyStandard := func(p goPackage, dep string, standard bool) bool { return standard }
	rules := []struct {
		from  string // a path below the module; a trailing * is everything below
		allow func(p goPackage, dep string, standard bool) bool
		why   string
	}{
		{"assets", onlyStandard, "programs import the browser's files without anything else"},
		{"dashboard/internal/hub", onlyStandard, "messages know no network: so they can be tested with a fake clock"},
		{"dashboard/internal/meter", func(_ goPackage, dep string, standard bool) bool {
			return standard || dep == "golang.org/x/sys/unix"
		}, "counting bytes is the same under any server, and packets are the kernel's"},
		{"dashboard/internal/alert", func(_ goPackage, dep string, standard bool) bool {
			return standard && !strings.HasPrefix(dep, "net") || dep == module+"/collector"
		}, "what fires is told by snapshots alone: so it can be tested without a clock or a network"},
		{"dashboard/internal/webhook", onlyStandard, "who is told knows nothing of what told it"},
		{"dashboard/internal/text", func(_ goPackage, dep string, standard bool) bool {
			return standard && !strings.HasPrefix(dep, "net") || dep == module+"/collector" || dep == "github.com/mattn/go-runewidth"
		}, "a picture is a function of a snapshot"},
		{"dashboard/internal/bundle", onlyStandard, "modules are put together from their text alone"},
		{"dashboard/internal/redact", onlyStandard, "what is shown must not depend on a framework's reading"},
		{"dashboard/internal/fault", onlyStandard, "what a middlebox does to bytes is the same under any server: so it can be tested with a fake clock"},
		{"dashboard/internal/auth", func(_ goPackage, dep string, standard bool) bool {
			return standard || dep == "golang.org/x/crypto/bcrypt"
		}, "who may is decided by facts and a clock: so it can be tested without a server"},
		{"dashboard/internal/meant", onlyStandard, "a guess at a word knows neither flags nor URLs"},
		{"dashboard/internal/gate", onlyStandard, "what is refused must not depend on a framework's reading"},
		{"dashboard/internal/crowd", onlyStandard, "a child process and arithmetic: who may start one, and what it is told, is the dashboard's to say"},
		{"dashboard/internal/wsframe", onlyStandard, "a protocol's bytes are the same on every socket: so they can be cut anywhere and fuzzed"},
		{"dashboard/internal/cbor", onlyStandard, "an encoding knows no message"},
		{"dashboard/internal/fanout", func(_ goPackage, dep string, standard bool) bool {
			return standard || dep == "golang.org/x/sys/unix" || strings.HasPrefix(dep, module+"/dashboard/internal/")
		}, "held connections are descriptors and frames: no framework"},
		{"dashboard/internal/deflate", func(_ goPackage, dep string, standard bool) bool {
			return standard && dep != "net" && !strings.HasPrefix(dep, "net/") || dep == "github.com/klauspost/compress/flate"
		}, "compressing a frame is arithmetic on bytes: so it can be tested against every decoder there is"},
		{"dashboard/internal/transport", func(_ goPackage, dep string, _ bool) bool {
			return !strings.HasPrefix(dep, module) || strings.HasPrefix(dep, module+"/dashboard/internal/")
		}, "transport → hub and meter, nothing above"},
		{"dashboard/load/wire", onlyStandard, "bytes are read the same on every connection: so they can be tested without one"},
		{"dashboard/load*", func(_ goPackage, dep string, _ bool) bool {
			return (!strings.HasPrefix(dep, module) || strings.HasPrefix(dep, module+"/dashboard/load/")) && !strings.HasPrefix(dep, fiber)
		}, "the client must not share code with the server that it tests"},
		{"dashboard/command*", func(_ goPackage, dep string, standard bool) bool {
			return standard || dep == "github.com/alecthomas/kong" || dep == "go.yaml.in/yaml/v3" || dep == "golang.org/x/sys/unix" || dep == "golang.org/x/term" ||
				strings.HasPrefix(dep, "github.com/coreos/go-systemd/") || strings.HasPrefix(dep, module) && dep != module &&
				!strings.HasPrefix(dep, module+"/dashboard/internal/transport") && !strings.HasPrefix(dep, module+"/dashboard/internal/hub")
		}, "a subcommand uses the dashboard as any program does"},
		{"collector*", func(_ goPackage, dep string, _ bool) bool {
			return !strings.HasPrefix(dep, module+"/dashboard") && dep != module+"/assets" && dep != "net/http" && !strings.HasPrefix(dep, fiber)
		}, "the collector knows nothing of HTTP, hub or dashboard"},
	}
	standard := map[string]bool{}
	list := packages(t)
	for _, p := range list {
		standard[p.ImportPath] = p.Standard
	}
	for _, p := range list {
		path, ours := strings.CutPrefix(p.ImportPath, module+"/")
		if !ours {
			continue
		}
		for _, rule := range rules {
			prefix, below := strings.CutSuffix(rule.from, "*")
			if path != prefix && !(below && strings.HasPrefix(path, prefix+"/")) {
				continue
			}
			for _, dep := range p.Imports {
				if !rule.allow(p, dep, standard[dep]) {
					t.Errorf("%s imports %s: %s", path, dep, rule.why)
				}
			}
		}
		for _, dep := range p.Imports {
			if strings.HasPrefix(dep, fiber) && path != "dashboard" && path != "dashboard/internal/transport" && path != "dashboard/internal/problem" {
				t.Errorf("%s imports %s: Fiber's types are in three packages, so that a move is a small one", path, dep)
			}
			if below := strings.HasPrefix(path, "dashboard/command/"); strings.HasPrefix(dep, module+"/dashboard/command") && path != "dashboard/command" && !below {
				t.Errorf("%s imports %s: a command line is main's, and nobody else's", path, dep)
			}
			if strings.HasPrefix(dep, "github.com/prometheus/") && path != "dashboard/internal/metrics" {
				t.Errorf("%s imports %s: only dashboard/internal/metrics knows the Prometheus library, so that nothing else depends on its types", path, dep)
			}
			if dep == "os/exec" && path != "collector" && path != "dashboard/internal/crowd" { // TestWhoStartsPrograms has the two exceptions
				t.Errorf("%s imports os/exec: fivewire starts no programs", path)
			}
		}
	}
}

// TestWhoStartsPrograms: two files do, each for its reason.
func TestWhoStartsPrograms(t *testing.T) {
	reasons := map[string]string{
		"collector/gpu.go":                  "nvidia-smi is the only portable way to a GPU's numbers without cgo",
		"dashboard/internal/crowd/child.go": "the lab's viewers are this program again: in a process of their own, so that their cost is not the server's",
	}
	found := 0
	walk(t, "", ".go", func(file, text string) {
		f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		switch starts := slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"os/exec"` }); {
		case !starts || strings.HasSuffix(file, "_test.go"):
		case reasons[file] == "":
			t.Errorf("%s imports os/exec: only these may start a program: %v", file, reasons)
		default:
			found++
		}
	})
	if found != len(reasons) {
		t.Errorf("%d files start programs, want those of %v", found, reasons)
	}
}

// TestGoFiles: one package comment each, no init, no state of a package's own.
func TestGoFiles(t *testing.T) {
	docs := map[string]int{}
	walk(t, "", ".go", func(file, text string) {
		f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := path.Dir(file)
		docs[dir] += 0
		if f.Doc != nil {
			docs[dir]++
		}
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s: func init: importing a package must do nothing", file)
			}
		}
		if regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX|HA` + `CK)\b`).MatchString(text) {
			t.Errorf("%s: something is left to do", file)
		}
	})
	for dir, n := range docs {
		if n != 1 {
			t.Errorf("%s has %d package comments, want the one that says what is promised", dir, n)
		}
	}
}

// TestGoMod: what is built is what is named.
func TestGoMod(t *testing.T) {
	if strings.Contains(read(t, "go.mod"), "replace") {
		t.Error("go.mod replaces a module: go install would not")
	}
}

// walk calls see with every file of that ending below a folder.
func walk(t *testing.T, dir, ending string, see func(file, text string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), path.Clean(path.Join(dir, ".")), func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && file != ".":
			return fs.SkipDir
		case entry.IsDir() || path.Ext(file) != ending:
			return nil
		}
		see(file, read(t, file))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var specifier = regexp.MustCompile(`(?m)^(?:import|export)\s[^"';]*?\bfrom\s+["']([^"']+)["']|^import\s+["']([^"']+)["']|\bimport\(["']([^"')]+)["']\)`)

// TestJavaScriptImports: relative, with their ending, to a file that is there, and one way only.
func TestJavaScriptImports(t *testing.T) {
	// Who may import what, by folder; files beside main.js are in ".".
	allowed := map[string][]string{
		"main":       {".", "panel", "chart", "time", "transport", "lab", "words"},
		"lab":        {".", "lab", "lab/lesson", "lab/trial", "panel", "chart", "transport", "words"},
		"lab/lesson": {"lab"}, // a lesson knows its stage, and nothing of the page
		"lab/trial":  {".", "lab"},
		"panel":      {".", "panel", "chart", "time", "export", "transport", "words"},
		"export":     {".", "export"},        // what is taken away: numbers in, text out
		"time":       {".", "time", "chart"}, // which time is shown, and what there is of it: nothing of the page
		"chart":      {".", "chart"},
		"transport":  {"transport"},
		"words":      {".", "words/en"}, // the first view's words; the others are fetched when they are needed
		"words/en":   {"words"},         // its types
		"words/zh":   {"words"},
		".":          {".", "transport", "words"},
	}
	const js = "assets/js"
	n := 0
	walk(t, js, ".js", func(file, text string) {
		n++
		if !strings.HasPrefix(text, "// @ts-check\n") {
			t.Errorf("%s does not begin with // @ts-check", file)
		}
		room := strings.TrimPrefix(path.Dir(strings.TrimPrefix(file, js)), "/")
		if room == "" {
			room = "."
		}
		if file == js+"/main.js" || file == js+"/embed.js" {
			room = "main"
		}
		for _, match := range specifier.FindAllStringSubmatch(text, -1) {
			target := match[1] + match[2] + match[3]
			if !strings.HasPrefix(target, "./") && !strings.HasPrefix(target, "../") || !strings.HasSuffix(target, ".js") {
				t.Errorf("%s imports %q: want a relative path that ends in .js", file, target)
				continue
			}
			full := path.Join(path.Dir(file), target)
			if _, err := os.Stat(filepath.Join(root, full)); err != nil {
				t.Errorf("%s imports %q, which is not there", file, target)
			}
			to := path.Dir(strings.TrimPrefix(full, js+"/"))
			if !slices.Contains(allowed[room], to) {
				t.Errorf("%s imports %q: %s may import from %v", file, target, room, allowed[room])
			}
			if full == js+"/main.js" || full == js+"/embed.js" {
				t.Errorf("%s imports %s: nobody does", file, full)
			}
		}
		if room == "transport" && regexp.MustCompile(`\b(document|window)\b`).MatchString(text) {
			t.Errorf("%s touches the page: a technique knows URLs and bytes", file)
		}
		if match := regexp.MustCompile(`\b(innerHTML|outerHTML|insertAdjacentHTML|eval|document\.write)\b`).FindString(text); match != "" {
			t.Errorf("%s uses %s: text goes into the page through textContent", file, match)
		}
	})
	if n < 10 {
		t.Errorf("%d modules found", n)
	}
}

// TestScripts: each page names one script, which is sent with all that it imports.
func TestScripts(t *testing.T) {
	for page, want := range map[string]string{"index.html": "js/main.js?bundle", "embed.html": "../js/embed.js?bundle"} {
		var named []string
		for _, match := range regexp.MustCompile(`<(?:script|link rel="modulepreload")[^>]* (?:src|href)="([^"]+)"`).FindAllStringSubmatch(read(t, "assets/"+page), -1) {
			named = append(named, match[1])
		}
		if !slices.Equal(named, []string{want}) {
			t.Errorf("%s has the scripts %q, want %q", page, named, want)
		}
	}
}

// TestAssets: nothing is fetched from elsewhere, and nothing is inline.
func TestAssets(t *testing.T) {
	absolute := regexp.MustCompile(`(?i)\b(https?|wss?):?//[a-z0-9]|url\(\s*["']?//`)
	for _, ending := range []string{".js", ".css", ".html", ".svg"} {
		walk(t, "assets", ending, func(file, text string) {
			text = strings.ReplaceAll(text, `xmlns="http://www.w3.org/2000/svg"`, "")
			if match := absolute.FindString(text); match != "" {
				t.Errorf("%s has the absolute URL %s…: the page loads from its own server only", file, match)
			}
		})
	}
	for _, file := range []string{"index.html", "embed.html"} {
		if match := regexp.MustCompile(`(?i)<script(?:\s+type="module")?>|<style|\sstyle=|\son[a-z]+=`).FindString(read(t, "assets/"+file)); match != "" {
			t.Errorf("%s has %q inline: the content security policy forbids it", file, match)
		}
	}
}
