// Package text shows a snapshot on a terminal: as a page of plain lines, or as a picture that is drawn over the one
// before.
//
// # What is promised
//
// A line is never wider than the screen and a picture never has more lines than it, whatever the host calls its things:
// columns are counted as terminals do, wide characters as two. No byte of a host's names can steer a terminal: what is
// not printable is shown as U+FFFD, and the only escape sequences are those of this package, in pictures: the cursor
// home, the rest of a line or of the screen erased, and, where colours are wanted, those of the sixteen-colour set
// (ECMA-48 sections 8.3.57, 8.3.41, 8.3.39, 8.3.117). A picture leaves no colour behind.
//
// Figures are those of the page in the browser; percent are of the whole machine, but a process's CPU is of one core, as
// top has it. What is unknown is a dash.
//
// Everything here is a pure function.
package text

import (
	"bytes"
	"slices"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// A View is what is shown.
type View struct {
	Host     *collector.Host // nil while it is not known
	Snapshot *collector.Snapshot
	Firing   []string // alerts, a sentence each
	Footer   string   // a line below; "" for none
}

// A Screen is where.
type Screen struct {
	Cols, Rows int // 0 rows for as many as there are
	Color      bool
	ASCII      bool // what is no ASCII is "?", and bars are made of it
}

// The limits of a screen. What is smaller is drawn as if it were as large; terminals cut it.
const (
	LeastCols, MostCols = 40, 400
	LeastRows, MostRows = 8, 300
	// UsualCols is where nobody says.
	UsualCols, UsualRows = 80, 24
	// mostProcesses is how many a page has.
	mostProcesses = 20
)

// within is a screen that there can be.
func (s Screen) within() Screen {
	s.Cols = min(max(s.Cols, LeastCols), MostCols)
	if s.Rows != 0 {
		s.Rows = min(max(s.Rows, LeastRows), MostRows)
	}
	return s
}

// Page appends lines, each with a line feed at its end.
func Page(b []byte, v View, s Screen) []byte {
	for _, line := range draw(v, s.within()) {
		b = append(append(b, line...), '\n')
	}
	return b
}

const (
	home      = "\x1b[H"
	eraseLine = "\x1b[K"
	eraseRest = "\x1b[J"
	// Clear empties a screen.
	Clear = home + "\x1b[2J"
	// Nothing changes nothing on a screen: a sign of life.
	Nothing = "\x1b[0m"
)

// Picture appends what draws over the picture before. It ends on its last line, so that nothing scrolls.
func Picture(b []byte, v View, s Screen) []byte {
	if s = s.within(); s.Rows == 0 {
		s.Rows = UsualRows
	}
	b = append(b, home...)
	for i, line := range draw(v, s) {
		if i > 0 {
			b = append(b, "\r\n"...)
		}
		b = append(append(b, line...), eraseLine...)
	}
	return append(b, eraseRest...)
}

// Drawn finds a picture in what is around it on the wire.
func Drawn(b []byte) (from, to int) {
	from, to = bytes.Index(b, []byte(home)), bytes.LastIndex(b, []byte(eraseRest))
	if from < 0 || to < from {
		return 0, 0
	}
	return from, to + len(eraseRest)
}

// draw makes the lines.
func draw(v View, s Screen) [][]byte {
	p := painter{screen: s}
	if v.Snapshot == nil {
		p.row().put(plain, "no snapshot yet")
		return p.lines
	}
	p.head(&v)
	p.use(v.Snapshot)
	left := s.Rows - len(p.lines)
	if v.Footer != "" {
		left--
	}
	filesystems, processes := len(v.Snapshot.Filesystems), 0
	if v.Snapshot.Processes != nil {
		processes = min(len(v.Snapshot.Processes.Top), mostProcesses)
	}
	if s.Rows > 0 { // each table has a blank line and a head
		filesystems = min(filesystems, max(left/4-2, 0))
		processes = 0
		if v.Snapshot.Processes != nil {
			processes = len(v.Snapshot.Processes.Top)
		}
		if filesystems > 0 {
			left -= filesystems + 2
		}
		processes = min(processes, max(left-2, 0))
	}
	p.filesystems(v.Snapshot.Filesystems, filesystems)
	p.processes(v.Snapshot.Processes, processes)
	if v.Footer != "" {
		for s.Rows > 0 && len(p.lines) < s.Rows-1 {
			p.row()
		}
		p.row().put(dim, v.Footer)
	}
	if s.Rows > 0 && len(p.lines) > s.Rows {
		p.lines = slices.Delete(p.lines, s.Rows, len(p.lines))
	}
	return p.finish()
}

// A painter makes lines.
type painter struct {
	screen Screen
	lines  [][]byte
	width  int // of the last line
}

// row begins a line.
func (p *painter) row() *painter {
	p.lines, p.width = append(p.lines, nil), 0
	return p
}

// finish takes spaces off the ends of lines.
func (p *painter) finish() [][]byte {
	for i := range p.lines {
		p.lines[i] = bytes.TrimRight(p.lines[i], " ")
	}
	return p.lines
}

// utc is a moment as everybody reads it.
func utc(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }
