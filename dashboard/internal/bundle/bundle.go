// Package bundle puts ES modules that a browser would ask for one by one into one file: a page of a hundred small modules is there after
// one answer instead of a hundred. Nothing is compiled or shortened: each module stands in a block of its own, behind those that
// it imports, as it was written but for its imports, which take from the blocks above, and its exports, which are left for those below.
//
// It knows the one style that our modules have: each import and export statement begins a line, an import is one line, and
// what is exported is declared there (export const, class, function, or default {); no two import each other; import() is
// awaited and names a file, or a template that begins with ./ or ../, or something elsewhere; import.meta means nothing here.
package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	imported = regexp.MustCompile(`^import (?:(\{[^}]*\}|\w+) from )?"(\.[^"]+)";$`)
	exported = regexp.MustCompile(`^export (?:default \{|(?:const|class|async function\*?|function\*?) (\w+))`)
	later    = regexp.MustCompile("await import\\(([\"`])(\\.\\.?/[^\"`]*)[\"`]")
	renaming = regexp.MustCompile(`\b(\w+) as (\w+)\b`)
)

// Key is in the address of a bundle behind the name of its module, js/main.js?bundle; with = and the module behind whose bundle
// this one comes, where it is one of what is loaded later: js/lab/lab.js?bundle=js/main.js.
const Key = "bundle"

// Files are the bundles of these modules, and those of what they import() by its name: of what is not in the first. They are
// called what their addresses end with. The latter link only with the very bundle that they were made beside: a page that has
// one of before, for it was open while the program was replaced, gets a SyntaxError and not a mixture.
func Files(files fs.FS, entries ...string) (map[string][]byte, error) {
	all := make(map[string][]byte)
	for _, entry := range entries {
		b := builder{files: files, entry: entry, root: entry}
		if err := b.add(entry, nil); err != nil {
			return nil, err
		}
		all[entry+"?"+Key] = b.file()
		for _, name := range b.later {
			more := builder{files: files, entry: name, root: entry, beside: b.order, taken: []string{b.mark()}}
			if err := more.add(name, nil); err != nil {
				return nil, err
			}
			if len(more.later) > 0 {
				return nil, fmt.Errorf("%s: what is loaded later loads %s still later", name, more.later[0])
			}
			all[name+"?"+Key+"="+entry] = more.file()
		}
	}
	return all, nil
}

// builder puts one bundle together.
type builder struct {
	files   fs.FS
	entry   string
	root    string   // the page's own module: entry, or the one that loads it later
	beside  []string // modules that are in the root's bundle
	order   []string // modules that are in this one, each behind those it imports
	taken   []string // the variables of those of them that it imports, and the root's mark
	later   []string // modules that are import()ed by name
	text    strings.Builder
	exports []string // of the module that was added last, in the end the entry
}

// file is the whole of it.
func (b *builder) file() []byte {
	var out strings.Builder
	fmt.Fprintf(&out, "// %s with all that it imports, each module in a block of its own. The files themselves are served too.\n", b.entry)
	if b.entry != b.root {
		fmt.Fprintf(&out, "import { %s } from %q;\n", strings.Join(b.taken, ", "), b.relative(b.root)+"?"+Key)
	}
	out.WriteString(b.text.String())
	if b.entry == b.root && len(b.later) > 0 {
		fmt.Fprintf(&out, "export const %s = true;\n", b.mark())
	}
	if b.entry != b.root { // who loads it wants what it exports
		for _, name := range b.exports {
			fmt.Fprintf(&out, "export const %s = %s.%[1]s;\n", name, variable(b.entry))
		}
	}
	return []byte(out.String())
}

// mark is a variable that no other bundle has.
func (b *builder) mark() string {
	sum := sha256.Sum256([]byte(b.text.String()))
	return "$" + hex.EncodeToString(sum[:8])
}

// add appends a module behind those that it imports.
func (b *builder) add(name string, above []string) error {
	switch {
	case slices.Contains(above, name):
		return fmt.Errorf("%s imports itself by way of %s", name, above[len(above)-1])
	case slices.Contains(b.beside, name):
		if !slices.Contains(b.taken, variable(name)) {
			b.taken = append(b.taken, variable(name))
		}
		return nil
	case slices.Contains(b.order, name):
		return nil
	}
	content, err := fs.ReadFile(b.files, name)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	var exports []string
	for i, line := range lines {
		if strings.HasPrefix(line, "import ") {
			match := imported.FindStringSubmatch(line)
			if match == nil {
				return fmt.Errorf("%s: a bundle cannot have %s", name, line)
			}
			from := path.Join(path.Dir(name), match[2])
			if err := b.add(from, append(above, name)); err != nil {
				return err
			}
			lines[i] = taking(match[1], variable(from))
		}
		if strings.HasPrefix(line, "export ") {
			match := exported.FindStringSubmatch(line)
			switch {
			case match == nil:
				return fmt.Errorf("%s: a bundle cannot have %s", name, line)
			case match[1] == "":
				lines[i] = variable(name) + ".default = " + strings.TrimPrefix(line, "export default ")
			default:
				lines[i] = strings.TrimPrefix(line, "export ")
				exports = append(exports, match[1])
			}
		}
		if strings.Contains(line, "await import(") {
			lines[i] = b.loading(name, line)
		}
	}
	b.order, b.exports = append(b.order, name), exports
	fmt.Fprintf(&b.text, "\nexport const %s = {};\n{ // %s\n%s\n", variable(name), name, strings.Join(lines, "\n"))
	if len(exports) > 0 {
		fmt.Fprintf(&b.text, "Object.assign(%s, { %s });\n", variable(name), strings.Join(exports, ", "))
	}
	b.text.WriteString("}\n")
	return nil
}

// taking is an import: what is named of a module that stands above.
func taking(names, module string) string {
	switch {
	case names == "":
		return ""
	case names[0] == '{':
		return "const " + renaming.ReplaceAllString(names, "$1: $2") + " = " + module + ";"
	}
	return "const { default: " + names + " } = " + module + ";"
}

// loading is a line of a module that loads another one later. By its name it is in a bundle, too; what a template may name needs
// nothing, and is loaded as it stands.
func (b *builder) loading(name, line string) string {
	return later.ReplaceAllStringFunc(line, func(call string) string {
		match := later.FindStringSubmatch(call)
		if match[1] == "`" {
			return "await import(`" + b.relative(path.Dir(name)) + "/" + match[2] + "`"
		}
		target := path.Join(path.Dir(name), match[2])
		if !slices.Contains(b.later, target) {
			b.later = append(b.later, target)
		}
		return fmt.Sprintf("await import(%q", b.relative(target)+"?"+Key+"="+b.root)
	})
}

// relative is the way to a file from the bundle's own folder.
func (b *builder) relative(name string) string {
	up := strings.Repeat("../", strings.Count(b.entry, "/"))
	if up == "" {
		up = "./"
	}
	return up + name
}

// variable has what a module exports.
func variable(name string) string {
	return "$" + strings.NewReplacer("/", "_", ".", "_").Replace(strings.TrimSuffix(name, ".js"))
}
