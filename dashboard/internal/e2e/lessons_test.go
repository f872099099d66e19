package e2e

import (
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// stage is which lanes there are and how each is: what a lesson must leave as it was.
const stage = `[...document.querySelectorAll('[data-testid^="lane-"][data-testid$="-messages"]')].map((e) => e.dataset.testid).join(" ")`

// reach presses the Tab key until that control has the focus.
func (p *page) reach(testid string) {
	p.t.Helper()
	for range 120 {
		if evaluate[string](p, `document.activeElement?.dataset?.testid ?? ""`) == testid {
			return
		}
		p.press(kb.Tab)
	}
	p.t.Fatalf("the Tab key does not come to %s", testid)
}

// came is a lesson's figure: measured, expected and, where a number was asked for, predicted, as they stand in the table.
func (p *page) came(figure string) []string {
	p.t.Helper()
	return evaluate[[]string](p, `[...document.querySelectorAll('[data-testid="lesson-table"] tr[data-figure="`+figure+`"] td')].map((e) => e.textContent)`)
}

// Through a lesson by keys alone: go there, choose it, predict, measure, and read what came out beside what was expected and
// said.
func lessonByKeys(t *testing.T, p *page) {
	before := evaluate[string](p, stage)
	p.press("g")
	p.atLesson("late")
	p.reach("lesson-choice")
	p.press("Asking for") // a list is chosen from by its letters
	p.press(kb.Tab)
	if got := evaluate[string](p, `document.querySelector('[data-testid="lesson-choice"]').value`); got != "empty" {
		t.Fatalf("got the lesson %q, want empty", got)
	}
	p.reach("lesson-guess")
	p.press("70")
	p.press(kb.Enter)
	p.says("lesson-status", "Measuring")
	if got := evaluate[string](p, stage); got != "lane-polling.fast-messages" && !strings.Contains(got, "polling.fast") {
		t.Errorf("during the lesson the lanes are %s", got)
	}
	p.waits("the lesson is over", `document.querySelector('[data-testid="lesson-status"]').textContent === "Measured."`)
	if !evaluate[bool](p, `document.activeElement === document.querySelector('[data-testid="lesson-results"]')`) {
		t.Error("who uses keys is not brought to what came out")
	}
	got := p.came("empty")
	if len(got) != 3 || !strings.HasPrefix(got[1], "81.3 %") || got[2] != "70.0 %" {
		t.Fatalf("got %q, want what was measured, 81.3 %% and 70 %%", got)
	}
	if share, err := strconv.ParseFloat(strings.TrimSuffix(got[0], " %"), 64); err != nil || share <= 0 || share >= 100 { // how much depends on how busy this machine is
		t.Errorf("got %q empty answers", got[0])
	}
	p.view(390, 844, "dark")
	if got := evaluate[string](p, `(() => {
		const { left, right } = document.querySelector("#lab-lessons").getBoundingClientRect();
		const out = [...document.querySelectorAll('[data-testid="lesson-results"] :is(th, td, p, .lesson-formula)')].filter((e) => {
			const box = e.getBoundingClientRect();
			return box.left < left || box.right > right || e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline";
		});
		return out.map((e) => e.textContent).join(" | ") + (innerWidth === 390 ? "" : "it is " + innerWidth + " wide");
	})()`); got != "" {
		t.Errorf("on a phone these are cut: %s", got)
	}
	p.view(1440, 900, "dark")
	p.says("claims-table", "empty answers: "+got[0])
	p.waits("the lanes are as they were", stage+` === `+quote(before))
}

// atLesson waits until a lesson is in sight, with the focus on the lessons' title.
func (p *page) atLesson(name string) {
	p.t.Helper()
	p.waits("the lesson "+name+" is in sight", `(() => {
		const title = document.activeElement;
		const { top, bottom } = title.getBoundingClientRect();
		return title.dataset.testid === "lessons-title" && top >= 0 && bottom <= innerHeight &&
			document.querySelector('[data-testid="lesson-choice"]').value === `+quote(name)+`;
	})()`)
}

// A link opens a lesson, which stands in the address from then on; a stop of the Tab key before all others of the lab leads
// there, too.
func lessonLink(t *testing.T, s *server, p *page) {
	p.open(s.url + "?technique=sse&lesson=heads")
	p.atLesson("heads")
	p.set("lesson-choice", "framing")
	p.waits("the address names another one", `location.search.includes("lesson=framing")`)
	p.do(reload)
	p.atLesson("framing")
	p.press("l")
	p.waits("the host is shown", `document.documentElement.dataset.view === "host"`)
	p.press("l")
	for _, technique := range techniques { // which are only counted in sight: he comes back to the beginning
		p.laneCounts(technique, 3)
	}
	p.open(s.url + "?technique=sse&lesson=none#lab")
	p.atLesson("late")
	p.says("lesson-status", "There is no lesson called none")
	p.open(s.url + "?technique=sse#host")
	p.live("sse")
	if p.shown("lab") {
		t.Error("who wants the host is led to the lessons")
	}
	p.press("g") // from wherever the reader is
	p.atLesson("late")
	p.do(reload)
	p.live("sse")
	p.waits("the lessons are there", `document.querySelector('[data-testid="lesson-choice"]')`)
	for at := ""; at != "skip-lessons"; at = evaluate[string](p, `document.activeElement.id`) {
		if evaluate[bool](p, `document.activeElement.closest("#lab .panel") !== null`) {
			t.Fatal("the Tab key comes to a panel of the lab first")
		}
		p.press(kb.Tab)
	}
	p.press(kb.Enter)
	p.atLesson("late")
	evaluate[bool](p, `(scrollTo(0, 0), true)`) // to the lanes
	for _, technique := range techniques {
		p.laneCounts(technique, 3)
	}
}

// Who leaves in the middle, by the button, for another lesson or for the host, finds everything as it was.
func lessonLeft(t *testing.T, p *page) {
	before := evaluate[string](p, stage)
	begin := func() {
		p.begins("slow")
		p.waits("the lesson has its lane", stage+`.includes("polling.slow")`)
	}
	begin()
	p.click("lesson-leave")
	p.says("lesson-status", "Left before its end")
	p.waits("the lanes are as they were", stage+` === `+quote(before))
	begin()
	p.click("claim-13-again") // another lesson
	p.waits("the lanes are as they were", stage+` === `+quote(before))
	begin()
	p.press("l") // to the host
	p.press("l")
	p.waits("the lanes are as they were", stage+` === `+quote(before))
	for _, technique := range techniques {
		p.laneCounts(technique, 3)
	}
}

// Six connections are all there are, whatever the page itself holds; who leaves while they are taken gives them back.
func lessonSix(t *testing.T, p *page) {
	if got := p.came("held"); len(got) != 3 || got[0] != "6" || got[1] != "6 = HTTP/1.1" || got[2] != "7" {
		t.Errorf("got %q connections, want 6 of 6, and 7 predicted", got)
	}
	if got := p.came("hop"); len(got) != 3 || got[0] != "HTTP/1.1" || got[1] != "—" || got[2] != "—" {
		t.Errorf("the page came by %q, want HTTP/1.1 measured", got)
	}
	p.says("lesson-results", "You said: the poll is answered at once all the same. Measured: the poll waits until a stream is let go.")
	waited := p.seconds(t, "poll_full")
	if free := p.seconds(t, "poll_free"); free <= 0 || waited < 3.9 {
		t.Errorf("a poll takes %v s, and %v s while all are held for 4", free, waited)
	}
	if n := p.seconds(t, "websocket_full"); n <= 0 || n > waited {
		t.Errorf("a WebSocket takes %v s, and a poll %v", n, waited)
	}
	if n := p.figure(t, "messages_websocket", ""); n <= 0 {
		t.Errorf("%v messages came by WebSocket meanwhile", n)
	}
}

// seconds is what was measured, in that unit.
func (p *page) seconds(t *testing.T, name string) float64 {
	t.Helper()
	n := p.figure(t, name, "s", "ms", "µs")
	for unit, factor := range map[string]float64{"ms": 1e-3, "µs": 1e-6} {
		if strings.HasSuffix(p.came(name)[0], " "+unit) {
			return n * factor
		}
	}
	return n
}

// begins chooses a lesson, says something, and begins.
func (p *page) begins(lesson string) {
	p.t.Helper()
	evaluate[bool](p, `(() => {
		const choice = document.querySelector('[data-testid="lesson-choice"]');
		choice.value = `+quote(lesson)+`;
		choice.dispatchEvent(new Event("change"));
		const number = document.querySelector('[data-testid="lesson-guess"]');
		if (number) number.value = "7";
		document.querySelector('[data-testid^="lesson-guess-"]')?.click();
		document.querySelector('[data-testid="lesson-begin"]').click();
		return true;
	})()`)
}

// learns plays a lesson to its end and returns what was right, of those that ask for a choice; came has the figures.
func (p *page) learns(t *testing.T, lesson string) {
	t.Helper()
	p.begins(lesson)
	p.says("lesson-status", "Measuring")
	p.waits(lesson+" is over", `document.querySelector('[data-testid="lesson-begin"]').disabled === false`)
	if got := p.text("lesson-status"); got != "Measured." {
		t.Fatalf("it says %q", got)
	}
}

// figure is what was measured, as a number in the unit it is written in, which must be of those.
func (p *page) figure(t *testing.T, name string, units ...string) float64 {
	t.Helper()
	cells := p.came(name)
	if len(cells) < 2 {
		t.Fatalf("%s: got %q", name, cells)
	}
	number, unit, _ := strings.Cut(cells[0], " ")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !slices.Contains(units, unit) {
		t.Errorf("%s: got %q, want a number of %q", name, cells[0], units)
	}
	return n
}

// Each lesson comes to its measured answer, and to the sentence that its figures bear out.
func TestLessons(t *testing.T) {
	t.Parallel()
	s, p := lab(t, "sse")
	t.Run("by-keys", func(t *testing.T) { lessonByKeys(t, p) })
	t.Run("left", func(t *testing.T) {
		exhaustive(t)
		lessonLeft(t, p)
	})
	t.Run("link", func(t *testing.T) {
		exhaustive(t)
		lessonLink(t, s, p)
	})
	for _, lesson := range []struct {
		name  string
		holds func(t *testing.T)
	}{
		// What the server counts on its socket is what the specification says: a frame's head is 4 bytes at these lengths.
		{"framing", func(t *testing.T) {
			if got := p.came("framing_websocket"); len(got) != 2 || !strings.HasPrefix(got[0], "4 B") || !strings.HasPrefix(got[1], "4 B") {
				t.Errorf("got %q, want 4 B measured and expected", got)
			}
			if n := p.figure(t, "framing_sse", "B"); math.Abs(n-32) > 12 {
				t.Errorf("got %v B for SSE, want some 32", n)
			}
			p.says("lesson-results", "SSE wraps more")
		}},
		{"longpoll", func(t *testing.T) {
			if n := p.figure(t, "requests_per_message", ""); n <= 0 || n > 1.2 { // fewer on a busy machine: what comes meanwhile is answered together
				t.Errorf("got %v answers a message, want one", n)
			}
			if got := p.came("requests_per_message"); !strings.HasPrefix(got[1], "1") || got[2] != "7" {
				t.Errorf("expected and predicted are %q, want 1 and 7", got[1:])
			}
			p.figure(t, "age_longpolling", "ms", "s", "µs")
		}},
		{"alike", func(t *testing.T) {
			sse, websocket := p.figure(t, "bytes_sse", "KiB", "kB", "B"), p.figure(t, "bytes_websocket", "KiB", "kB", "B")
			if sse <= 0 || math.Abs(sse/websocket-1) > 0.05 {
				t.Errorf("got %v and %v a message, want them within 5 %%", sse, websocket)
			}
			p.says("lesson-results", "they lie within 5 %")
		}},
		{"compressed", func(t *testing.T) {
			if n := p.figure(t, "compressed", "%"); n <= 0 || n > 50 {
				t.Errorf("compressed is %v %% of plain", n)
			}
			if got := p.came("compressed"); got[2] != "7.0 %" {
				t.Errorf("predicted is %q", got[2])
			}
		}},
		{"binary", func(t *testing.T) {
			if n := p.figure(t, "binary", "%"); n < 20 || n >= 100 {
				t.Errorf("CBOR is %v %% of JSON", n)
			}
		}},
		{"six", func(t *testing.T) {
			lessonSix(t, p)
			p.answered()
			held := p.claimed()
			p.choose("longpolling") // a connection that comes and goes
			p.live("longpolling")
			p.learns(t, "six")
			lessonSix(t, p)
			p.live("longpolling")
			p.choose("sse")
			p.live("sse")
			p.begins("six")
			p.until("it holds all it can", func(state) bool { return p.claimed() > held })
			p.click("lesson-leave")
			p.says("lesson-status", "Left before its end")
			p.answered()
			p.until("it holds what it held", func(state) bool { return p.claimed() == held })
		}},
		{"phase", func(t *testing.T) {
			p.figure(t, "age_swept", "ms", "s")
			p.figure(t, "age_locked", "ms", "s", "µs")
			if got := evaluate[string](p, `document.querySelector(".lesson-told")?.textContent ?? ""`); !strings.HasPrefix(got, "You said: ") && !strings.HasPrefix(got, "As you said: ") {
				t.Errorf("whose messages are older: got %q", got)
			}
		}},
		{"thin", func(t *testing.T) {
			p.says("lesson-results", "those of the WebSocket") // and no number: how far behind depends on how long it was watched
			p.figure(t, "age_polling", "ms", "s")
		}},
		{"crowd", func(t *testing.T) {
			if n := p.figure(t, "memory_per_viewer", "B", "KiB", "kB"); n <= 0 && runtime.GOOS == "linux" {
				t.Errorf("a viewer costs %v", n)
			}
			if n := p.figure(t, "goroutines_per_viewer", ""); runtime.GOOS == "linux" && n > 0.5 {
				t.Errorf("a viewer costs %v goroutines", n)
			}
			p.figure(t, "crowd_missed", "")
			p.says("claims-table", "a million times ")
		}},
	} {
		t.Run(lesson.name, func(t *testing.T) {
			exhaustive(t) // by-keys is a whole lesson, too
			before := evaluate[string](p, stage)
			p.learns(t, lesson.name)
			lesson.holds(t)
			p.waits("the lanes are as they were", stage+` === `+quote(before))
		})
	}
	t.Run("claims", func(t *testing.T) {
		exhaustive(t)
		if got := evaluate[int](p, `[...document.querySelectorAll('[data-testid="claims-table"] tbody tr')].filter((row) => !/^(not measured|run the lesson)/.test(row.lastElementChild.textContent)).length`); got < 8 {
			t.Errorf("%d claims have a measured line", got)
		}
	})
}
