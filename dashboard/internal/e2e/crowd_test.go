package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// field is a text of the page, as a number.
func (p *page) number(testid string) float64 {
	p.t.Helper()
	var n float64
	fmt.Sscanf(strings.NewReplacer("\u202f", "", ",", "").Replace(p.text(testid)), "%g", &n)
	return n
}

// set gives a form's field a value, as somebody who types does.
func (p *page) set(testid, value string) {
	p.t.Helper()
	evaluate[bool](p, `((e) => { e.value = `+quote(value)+`; e.dispatchEvent(new Event("input", { bubbles: true })); e.dispatchEvent(new Event("change", { bubbles: true })); return true; })(document.querySelector('[data-testid="`+testid+`"]'))`)
}

// children are the processes that a process has started.
func children(t *testing.T, pid int) (pids []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Skip("needs Linux's /proc to look for children")
	}
	for _, e := range entries {
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(e.Name())
			pids = append(pids, child)
		}
	}
	return pids
}

// A crowd from the page: by two techniques, measured, compared, kept when the page is loaded anew, in both languages; and
// what the page shows is what the server says.
func TestCrowdPanel(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	s, p := lab(t, "sse")
	p.waits("the bounds are told", `document.querySelector('[data-testid="crowd-status"]').textContent.includes("5,000")`)
	for i, technique := range []string{"websocket", "polling"} {
		p.click("crowd-" + technique)
		p.set("crowd-viewers", "200")
		p.click("crowd-start")
		// What is out of sight is not asked for, and panels above it grow.
		p.waits("it is measured", `(document.querySelector("#lab-crowd").scrollIntoView(), true) && document.querySelector('[data-testid="crowd-status"]').textContent.endsWith("measuring.") &&
			document.querySelectorAll('[data-testid="crowd-table"] tbody tr').length === `+fmt.Sprint(i+1))
		if n := p.number("crowd-connected"); n != 200 {
			t.Errorf("%s: %v are connected, want 200", technique, n)
		}
		if len(children(t, s.cmd.Process.Pid)) != 1 {
			t.Errorf("%s: the viewers are not one process", technique)
		}
		time.Sleep(1500 * time.Millisecond)
		p.click("crowd-stop")
		p.waits("it has gone", `(document.querySelector("#lab-crowd").scrollIntoView(), true) && document.querySelector('[data-testid="crowd-status"]').textContent.endsWith("stopped, they have gone.")`)
		if left := children(t, s.cmd.Process.Pid); len(left) != 0 {
			t.Errorf("%s: %v are left", technique, left)
		}
		// Whether any were is for the tests of the techniques; the panel has to say it.
		if got, want := p.text("crowd-missed"), evaluate[string](p, `fetch("api/v1/load").then((a) => a.json()).then((v) => String(v.missed))`); got != want {
			t.Errorf("%s: the page shows %s missed, the server says %s", technique, got, want)
		}
		// A viewer is a descriptor, but for the lanes of the page itself.
		row := evaluate[[]string](p, `[...document.querySelector('[data-testid="crowd-table"] tr[data-technique="`+technique+`"]').children].map((e) => e.textContent)`)
		if n, err := strconv.Atoi(strings.NewReplacer("\u202f", "", ",", "").Replace(row[5])); err != nil || n < 900 || n > 1100 {
			t.Errorf("%s: %q has %d descriptors by 1000 viewers", technique, row, n)
		}
		want := evaluate[string](p, `(async () => (await (await fetch("api/v1/load")).json()).server.per_1000.bytes_per_s)().then((v) => import(new URL("js/format.js", document.baseURI).href).then((f) => f.rate(v)))`)
		if row[7] != want {
			t.Errorf("%s: the page shows %q, the server says %q", technique, row[7], want)
		}
	}
	p.open(s.url + "?technique=sse#lab")
	p.live("sse")
	p.waits("both are kept", `document.querySelectorAll('[data-testid="crowd-table"] tbody tr').length === 2`)
	p.set("crowd-viewers", "9000") // the browser itself refuses
	p.click("crowd-start")
	if evaluate[bool](p, `document.querySelector('[data-testid="crowd-viewers"]').checkValidity()`) {
		t.Error("9000 viewers are valid")
	}
}

// Who only looks is offered no crowd to start or to stop, and told why.
func TestCrowdForWhoOnlyLooks(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { Crowd } = await import(base + "lab/crowd.js");
		const root = document.createElement("div"), out = [];
		let role = "viewer", running = false;
		const state = { phase: "measuring", reason: "time", technique: "sse", viewers: 10, connected: 10, messages: 1, missed: 0, server: {}, client: {}, most: 5000 };
		const panel = new Crowd(root, { config: { techniques: ["sse"] }, api: { login: async () => ({ role }), get: async () => ({ ...state, running }) } });
		for ([role, running] of [["viewer", false], ["viewer", true], ["presenter", false], ["presenter", true]]) {
			panel.opened();
			await new Promise((done) => setTimeout(done));
			const [start, stop] = ["crowd-start", "crowd-stop"].map((id) => root.querySelector('[data-testid="' + id + '"]').disabled);
			out.push([start, stop, root.querySelector('[data-say="crowd.looks"]').hidden].join(" "));
		}
		return out;
	})()`)
	if want := []string{"true true false", "true true false", "false true true", "true false true"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Of few viewers, what the process moves by itself is not multiplied.
func TestCrowdOfFew(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { Crowd } = await import(base + "lab/crowd.js");
		const per = { cpu_ms_per_s: 21.4, memory: 31_138_512, goroutines: 2010, descriptors: 1000, bytes_per_s: 1e6, cpu_us_per_message: 9 };
		sessionStorage.setItem("fivewire.crowds", JSON.stringify([499, 500].map((n) => ({ began: n, technique: "sse", viewers: n, connected: n, messages: 1, missed: 0, age: null, seconds: 5, per }))));
		try {
			const root = document.createElement("div");
			new Crowd(root, { config: { techniques: ["sse"] } });
			return [...root.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")].slice(0, 7).map((cell) => cell.textContent).join(" "));
		} finally {
			sessionStorage.removeItem("fivewire.crowds");
		}
	})()`)
	if want := []string{"499 — — — 1,000 2,010 977 KiB/s", "500 21.4 ms/s 9.00 µs 29.7 MiB 1,000 2,010 977 KiB/s"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Killed, the server takes its viewers with it.
func TestCrowdDiesWithServer(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	s := start(t, "--interval", "100ms")
	s.ready()
	pid := s.cmd.Process.Pid
	if status, text := post(t, s.url+"api/v1/load", `{"technique":"sse","viewers":50}`); status != 202 {
		t.Fatalf("got %d %s", status, text)
	}
	child := 0
	eventually(t, "they are there", func() bool {
		for _, child = range children(t, pid) { // Go has had one of its own for a moment, which tried whether it may
			line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", child))
			if strings.Contains(string(line), "\x00load\x00") {
				return true
			}
		}
		return false
	})
	s.stop(syscall.SIGKILL)
	eventually(t, "they have gone too", func() bool {
		_, err := os.Stat(fmt.Sprintf("/proc/%d/fd/0", child)) // a process that nobody has waited for has no files
		return err != nil
	})
}

// post sends JSON.
func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
