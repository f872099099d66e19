package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is told apart, by snippets: each piece with the first letter of its kind, plain text as it is.
func TestTokens(t *testing.T) {
	p := modules(t)
	for _, tt := range []struct{ name, language, text, want string }{
		{"go-function", "go", "func (s *Server) sse(c int) error { return nil }", "k{func} (s *Server) c{sse}(c t{int}) t{error} { k{return} k{nil} }"},
		{"go-comments", "go", "a // func \"x\n/* b\nc */ d", "a m{// func \"x}\nm{/* b\nc */} d"},
		{"go-strings", "go", "x := \"a\\\"b\" + `c\n\"` + 'd' + '\\''", "x := s{\"a\\\"b\"} + s{`c\n\"`} + s{'d'} + s{'\\''}"},
		{"go-numbers", "go", "0x1F + 1_000.5e3 + a1 + 15*time.Second", "n{0x1F} + n{1_000.5e3} + a1 + n{15}*time.Second"},
		{"go-member-is-no-keyword", "go", "t.Type(x.range)", "t.c{Type}(x.range)"},
		{"go-open-end", "go", "\"abc\nvar `def", "s{\"abc}\nk{var} s{`def}"},
		{"js-template", "js", "`a${b + `c${d}`}e` + {}", "s{`a${}b + s{`c${}ds{}`}s{}e`} + {}"},
		{"js-object-in-template", "js", "`${{ a: 1 }.a}`;", "s{`${}{ a: n{1} }.as{}`};"},
		{"js-regexp", "js", "x = /a\\/[/]\"b/gi; y = a / b / c", "x = s{/a\\/[/]\"b/gi}; y = a / b / c"},
		{"js-regexp-behind-return", "js", "return /[`'\"]/", "k{return} s{/[`'\"]/}"},
		{"js-private", "js", "this.#from(super.new, #get)", "k{this}.c{#from}(k{super}.new, #get)"},
		{"js-comment", "js", "/** @type {a} */ let b; // `c", "m{/** @type {a} */} k{let} b; m{// `c}"},
		{"js-unfinished", "js", "`a${", "s{`a${}"},
		{"html-is-text", "js", "\"<b onclick=alert(1)>\"", "s{\"<b onclick=alert(1)>\"}"},
	} {
		got := evaluate[string](p, `(async () => {
			const { tokens } = await import(base + "lab/tokens.js");
			const letters = { comment: "m", string: "s", number: "n", keyword: "k", type: "t", call: "c" };
			return tokens(`+quote(tt.text)+`, `+quote(tt.language)+`).map(({ kind, text }) => kind ? letters[kind] + "{" + text + "}" : text).join("");
		})()`)
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Of every file there is, and of its beginnings, the pieces are the text; and nearly all of a file is not one string.
func TestTokensAreTheText(t *testing.T) {
	p := modules(t)
	root := filepath.Join("..", "..", "..")
	n := 0
	for _, folder := range []string{"assets/js", "dashboard/internal/transport"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			language := strings.TrimPrefix(filepath.Ext(file), ".")
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			n++
			got := evaluate[string](p, `(async () => {
				const { tokens, lines } = await import(base + "lab/tokens.js");
				const text = `+quote(string(text))+`, language = `+quote(language)+`;
				for (let end = text.length; end > 0; end -= Math.max(1, Math.floor(text.length / 5))) {
					const part = text.slice(0, end);
					const found = tokens(part, language);
					if (found.map((token) => token.text).join("") !== part) return "pieces up to " + end;
					if (found.some((token) => token.text === "")) return "an empty piece up to " + end;
				}
				const longest = Math.max(...tokens(text, language).filter(({ kind }) => kind === "string").map((token) => token.text.length), 0);
				if (longest > 1500) return "a string of " + longest;
				if (lines(text, language).length !== text.split("\n").length - 1) return "lines";
				return "";
			})()`)
			if got != "" {
				t.Errorf("%s: %s", file, got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 50 {
		t.Errorf("%d files", n)
	}
}

// Both twins of each technique, opened at the part that matters; variants by choice; on a phone one above the other.
func labCode(t *testing.T, _ *server, p *page) {
	evaluate[bool](p, `(document.querySelector("#lab-code").scrollIntoView(), true)`)
	box := func(language string) string {
		return evaluate[string](p, `document.querySelector('[data-testid="code-`+language+`"] pre')?.textContent ?? ""`)
	}
	top := func(language string) string { // the line at the upper edge
		return evaluate[string](p, `((box) => [...box.querySelectorAll(".code-line")].find((line) => line.offsetTop >= box.scrollTop - 1).textContent.trim())(document.querySelector('[data-testid="code-`+language+`"]'))`)
	}
	for _, technique := range techniques {
		p.click("code-" + technique)
		want, err := os.ReadFile(filepath.Join("..", "transport", technique+".go"))
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, technique+" is shown", func() bool { return box("go") == string(want) })
		if want, err = os.ReadFile(filepath.Join("..", "..", "..", "assets", "js", "transport", technique+".js")); err != nil || box("js") != string(want) {
			t.Errorf("%s: the browser's file is another one: %v", technique, err)
		}
		if line := top("go"); !strings.HasPrefix(line, "//") {
			t.Errorf("%s: the server's file is open at %q", technique, line)
		}
		if got := evaluate[int](p, `document.querySelectorAll('[data-testid="code-go"] :is(.code-comment, .code-keyword, .code-string)').length`); got < 20 {
			t.Errorf("%s: %d pieces are told apart", technique, got)
		}
	}
	p.set("code-go-file", "1")
	if line := box("go"); !strings.Contains(line, "func binaryOf(") {
		t.Errorf("the variant's file is %.60q", line)
	}
	for _, tt := range []struct {
		width  int64
		beside bool
	}{{1440, true}, {390, false}} {
		p.view(tt.width, 900, "light")
		got := evaluate[bool](p, `(([a, b]) => a.getBoundingClientRect().top === b.getBoundingClientRect().top)(document.querySelectorAll(".code-half"))`)
		if got != tt.beside {
			t.Errorf("at %d pixels: beside each other is %t", tt.width, got)
		}
		if wide := evaluate[bool](p, `document.documentElement.scrollWidth > innerWidth`); wide {
			t.Errorf("at %d pixels the page is wider than the screen", tt.width)
		}
	}
	p.view(1440, 1200, "dark")
}
