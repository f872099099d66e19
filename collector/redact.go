package collector

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// longestCommand is how much of a command line is looked at, and longestShown how much is shown, in bytes: there is
	// room left for a mark that it was cut.
	longestCommand = 8 << 10
	longestShown   = 4<<10 - len(cutMark)
	// blot stands for a secret. It is always the same: not even a length is told.
	blot = "•••"
	// openQuote and closeQuote are for an argument with both of the usual quotes in it.
	openQuote, closeQuote = "“", "”"
	// deepest is how far to look into what is quoted inside what is quoted.
	deepest = 4
)

// redact makes the command line of a process, its arguments with a zero byte behind each, fit for others to see: on
// one line, with secrets blotted out. Anybody on the host may read command lines (proc_pid_cmdline(5)), but not anybody
// on the network: and passwords are in them all the same.
//
// It knows the names that options, variables, headers and parameters with secrets have, the options of some programs
// that have no telling name, and the look of some well-known keys. It is a net with holes: a secret by another name is
// shown, as are one that reads like a sentence behind its name, one with a slash in it before "@host", and the values of
// an INSERT that names no columns. What it gives it leaves alone when it is given that again.
func redact(cmdline []byte) string {
	text, args := joinArguments(splitArguments(cmdline))
	if len(args) > 1 {
		r := redactor{text: text, given: true}
		r.words(args, 0, false)
		text = shorten(r.apply())
	}
	// The rest is for one text: a title that a process wrote over its arguments, and what came out above. A blot may
	// change where words and quotes end, so it is done until nothing changes.
	for range 8 {
		r := redactor{text: text}
		whole := textSpan{0, len(text)}
		r.inside(whole)
		r.words(r.split(whole), 0, false)
		next := shorten(r.apply())
		if next == text {
			return text
		}
		text = next
	}
	return blot
}

func splitArguments(cmdline []byte) []string {
	cut := len(cmdline) >= longestCommand
	cmdline = cmdline[:min(len(cmdline), longestCommand)]
	if i := bytes.LastIndexAny(cmdline, "\x00 "); cut && i >= 0 {
		cmdline = cmdline[:i] // the last word may be the beginning of anything
	}
	cmdline = bytes.TrimRight(cmdline, "\x00 \n")
	if len(cmdline) == 0 {
		return nil
	}
	args := strings.Split(string(cmdline), "\x00")
	for i := range args {
		args[i] = oneLine(args[i])
	}
	return args
}

// oneLine is clean without its bound, and with lines one after the other.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// shorten bounds a text that is to be shown.
func shorten(s string) string {
	const end = "…"
	s = strings.TrimRight(s, " ")
	if len(s) <= longestShown {
		return s
	}
	n := longestShown - len(end)
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + end
}

// A textSpan is a part of a text.
type textSpan struct{ start, end int }

// joinArguments writes arguments behind each other, and says where each is. Those that need it are quoted, so that they can be
// told apart; a single one is not.
func joinArguments(args []string) (string, []textSpan) {
	var b strings.Builder
	length := 0
	for _, arg := range args {
		length += len(arg) + len(` ""`)
	}
	b.Grow(length)
	spans := make([]textSpan, 0, len(args))
	for i, arg := range args {
		opens, closes := "", ""
		if len(args) > 1 && (arg == "" || strings.Contains(arg, " ") || isQuote(arg[0]) || strings.HasPrefix(arg, openQuote)) {
			switch {
			case !strings.Contains(arg, `"`):
				opens, closes = `"`, `"`
			case !strings.Contains(arg, `'`):
				opens, closes = `'`, `'`
			default:
				opens, closes = openQuote, closeQuote
				arg = strings.ReplaceAll(arg, closeQuote, `"`)
			}
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(opens)
		start := b.Len()
		b.WriteString(arg)
		spans = append(spans, textSpan{start, b.Len()})
		b.WriteString(closes)
	}
	return b.String(), spans
}

// A redactor finds the secrets in one text.
type redactor struct {
	text  string
	given bool // its words are arguments, as the program got them: no shell takes them apart
	blots []textSpan
}

func (r *redactor) of(s textSpan) string { return r.text[s.start:s.end] }

func (r *redactor) blot(start, end int) {
	if start < end {
		r.blots = append(r.blots, textSpan{start, end})
	}
}

// apply blots out what was found.
func (r *redactor) apply() string {
	if len(r.blots) == 0 {
		return r.text
	}
	slices.SortFunc(r.blots, func(a, b textSpan) int { return a.start - b.start })
	var b strings.Builder
	done := 0
	for i := 0; i < len(r.blots); {
		s := r.blots[i]
		for i++; i < len(r.blots) && r.blots[i].start <= s.end; i++ {
			s.end = max(s.end, r.blots[i].end)
		}
		b.WriteString(r.text[done:s.start])
		b.WriteString(blot)
		done = s.end
	}
	b.WriteString(r.text[done:])
	return b.String()
}

// split takes part of the text apart into words, as a shell does: quotes around a word are not part of it, and a word
// goes on inside quotes that begin in its middle.
func (r *redactor) split(within textSpan) []textSpan {
	text := r.text[:within.end]
	words := make([]textSpan, 0, 1+strings.Count(text[within.start:], " "))
	for i := within.start; i < len(text); {
		if text[i] == ' ' {
			i++
			continue
		}
		if inner, end := quotedAt(text, i); end > 0 && (end == len(text) || isBreak(text[end])) {
			words = append(words, inner)
			i = end
			continue
		}
		start := i
		for i < len(text) && text[i] != ' ' {
			if i > start && text[i-1] != '\\' {
				if _, end := quotedAt(text, i); end > 0 {
					i = end
					continue
				}
			}
			i++
		}
		words = append(words, textSpan{start, i})
	}
	return words
}

// quotedAt is what is in the quotes that begin at i, and where they end; 0 for none.
func quotedAt(text string, i int) (inner textSpan, end int) {
	opens, closes := text[i:i+1], text[i:i+1]
	if strings.HasPrefix(text[i:], openQuote) {
		opens, closes = openQuote, closeQuote
	} else if !isQuote(text[i]) {
		return inner, 0
	}
	start := i + len(opens)
	n := strings.Index(text[start:], closes)
	if n < 0 {
		return inner, 0
	}
	return textSpan{start, start + n}, start + n + len(closes)
}

func isQuote(c byte) bool { return c == '"' || c == '\'' }

func isBreak(c byte) bool { return strings.IndexByte(" ;|&)", c) >= 0 }
