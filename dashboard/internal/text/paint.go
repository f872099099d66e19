package text

import (
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// A style is how text looks; without colours all look the same.
type style string

// The styles, as parameters of SGR.
const (
	plain style = ""
	dim   style = "2"
	bold  style = "1"
	good  style = "32"
	warn  style = "33"
	bad   style = "1;31"
)

// widths are those of a terminal that is not told otherwise: what Unicode calls ambiguous is narrow.
var widths = runewidth.Condition{StrictEmojiNeutral: true}

// glyph is a character as it is shown, and how many columns it takes; none for one that has no place of its own.
func glyph(r rune) (rune, int) {
	if !unicode.IsPrint(r) {
		return unicode.ReplacementChar, 1
	}
	return r, widths.RuneWidth(r)
}

// width is how many columns a text takes.
func width(s string) int {
	n := 0
	for _, r := range s {
		_, w := glyph(r)
		n += w
	}
	return n
}

// put adds text, as far as there is room.
func (p *painter) put(st style, s string) *painter {
	return p.cut(st, s, p.screen.Cols-p.width)
}

// say adds a sentence as rows of its own, broken between words; the last of at most so many is cut.
func (p *painter) say(st style, s string, rows int) {
	for ; rows > 1 && width(s) > p.screen.Cols; rows-- {
		end := wordsEnd(s, p.screen.Cols)
		if end == 0 {
			break
		}
		p.row().put(st, s[:end])
		s = s[end+1:]
	}
	p.row().put(st, s)
}

// wordsEnd is the last space before which a text takes no more than so many columns; 0 if there is none.
func wordsEnd(s string, cols int) (end int) {
	for i, r := range s {
		if r == ' ' {
			end = i
		}
		if _, w := glyph(r); w > cols {
			return end
		} else {
			cols -= w
		}
	}
	return 0
}

// left adds text in so many columns, cut or filled up.
func (p *painter) left(st style, s string, cols int) *painter {
	end := min(p.width+cols, p.screen.Cols)
	p.cut(st, s, end-p.width)
	return p.to(end)
}

// right likewise, at the right edge.
func (p *painter) right(st style, s string, cols int) *painter {
	end := min(p.width+cols, p.screen.Cols)
	p.to(max(end-width(s), p.width))
	return p.cut(st, s, end-p.width)
}

// to fills up with spaces to a column.
func (p *painter) to(col int) *painter {
	line := &p.lines[len(p.lines)-1]
	for ; p.width < min(col, p.screen.Cols); p.width++ {
		*line = append(*line, ' ')
	}
	return p
}

// cut adds text in at most so many columns; what does not fit ends with "…".
func (p *painter) cut(st style, s string, cols int) *painter {
	if cols <= 0 || s == "" {
		return p
	}
	line := &p.lines[len(p.lines)-1]
	colored := p.screen.Color && st != plain
	if colored {
		*line = append(append(append(*line, "\x1b["...), st...), 'm')
	}
	fits := width(s) <= cols
	if !fits {
		cols--
	}
	for _, r := range s {
		r, w := glyph(r)
		if w == 0 {
			continue
		}
		if w > cols {
			break
		}
		*line = p.append(*line, r, w)
		cols -= w
		p.width += w
	}
	if !fits {
		*line = p.append(*line, '…', 1)
		p.width++
	}
	if colored {
		*line = append(*line, "\x1b[0m"...)
	}
	return p
}

// append adds a character of so many columns as the screen can show it.
func (p *painter) append(line []byte, r rune, cols int) []byte {
	switch {
	case !p.screen.ASCII || r < utf8.RuneSelf:
		return utf8.AppendRune(line, r)
	case r == '█':
		return append(line, '#')
	case r == '·':
		return append(line, '.')
	case r == '…':
		return append(line, '~')
	}
	return append(line, repeat("?", cols)...)
}

// bar adds a bar of so many columns.
func (p *painter) bar(ratio float64, known bool, cols int) *painter {
	if !known {
		return p.left(dim, "", cols)
	}
	full := int(min(max(ratio, 0), 1)*float64(cols) + 0.5)
	for i := range cols {
		c, st := "·", dim
		if i < full {
			c, st = "█", level(ratio)
		}
		if i == 0 || i == full { // a style for each part, and not for each character
			n := full
			if i == full {
				n = cols - full
			}
			p.put(st, repeat(c, n))
		}
	}
	return p
}

func repeat(s string, n int) string {
	b := make([]byte, 0, n*len(s))
	for range n {
		b = append(b, s...)
	}
	return string(b)
}

// level is how a ratio looks.
func level(ratio float64) style {
	switch {
	case ratio >= 0.9:
		return bad
	case ratio >= 0.75:
		return warn
	}
	return good
}
