package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// The host view, with a made-up host that has every part: what the collector knows gets onto the screen, and what it does
// not know leaves no hole.

// exhibit opens the page of a made-up host whose snapshots go through change.
func exhibit(t *testing.T, change func(*collector.Snapshot)) *page {
	t.Helper()
	needBrowser(t)
	url := showcase(t, 5, 200*time.Millisecond, change) // first: it outlives the page
	p := newPage(t)
	p.view(1440, 3200, "dark")
	p.open(url + "?technique=sse")
	p.live("sse")
	eventually(t, "the first tables are drawn, which come behind the charts", func() bool {
		return evaluate[bool](p, `document.querySelector("#processes tbody tr") !== null`)
	})
	return p
}

// shown says whether an element, by its data-testid, can be seen.
func (p *page) shown(testid string) bool {
	p.t.Helper()
	return evaluate[bool](p, `document.querySelector('[data-testid="`+testid+`"]')?.checkVisibility() ?? false`)
}

// click clicks an element, by its data-testid.
func (p *page) click(testid string) {
	p.t.Helper()
	evaluate[bool](p, `(document.querySelector('[data-testid="`+testid+`"]').click(), true)`)
}

// What it comes to is told aloud when its meaning changes, and not each second it goes on.
func showsVerdict(t *testing.T) {
	var verdict atomic.Pointer[collector.Verdict]
	since := time.Now().Add(-time.Minute).UnixMilli()
	bad := func(text string) *collector.Verdict {
		return &collector.Verdict{State: "bad", Resource: "io", Text: text, Since: since, PID: 98}
	}
	verdict.Store(&collector.Verdict{State: "healthy", Text: "healthy", Since: since})
	p := display(t, func(s *collector.Snapshot) { s.Verdict = verdict.Load() })
	p.says("verdict", "healthy")
	p.says("verdict-since", "since ")
	if got := p.text("verdict-text"); got != "" {
		t.Errorf("when all is well it also says %q", got)
	}
	evaluate[bool](p, `(globalThis.told = [], new MutationObserver(() => told.push(document.querySelector("#verdict-announcer").textContent))
		.observe(document.querySelector("#verdict-announcer"), {childList: true, characterData: true, subtree: true}), true)`)
	verdict.Store(bad("I/O-bound for 8 s: <b>postgres</b>"))
	p.says("verdict", "I/O-bound for 8 s: <b>postgres</b>")
	verdict.Store(bad("I/O-bound for 9 s: <b>postgres</b>"))
	p.says("verdict-text", "for 9 s")
	other := bad("I/O-bound for 10 s: <b>nginx</b>")
	other.PID = 99
	verdict.Store(other)
	p.says("verdict-text", "for 10 s")
	if got := evaluate[[]string](p, `told`); len(got) != 1 || got[0] != "I/O-bound for 8 s: <b>postgres</b>" {
		t.Errorf("told aloud: %q", got)
	}
	verdict.Store(nil)
	eventually(t, "without a verdict there is no line", func() bool { return !p.shown("verdict") })
}

// What a host has not is no warning: its panel, tile or chart goes away, and one line says why.
func showsMissing(t *testing.T) {
	var missing atomic.Bool
	p := display(t, func(s *collector.Snapshot) {
		if missing.Load() {
			s.Filesystems = nil
			s.Sources = []collector.SourceState{{Name: "filesystems", Error: "no <i>mounts</i> here", Missing: true},
				{Name: "load", Error: "told to fail"}}
		}
	})
	if !p.shown("filesystems") || !p.shown("tile-filesystem") || p.shown("missing") {
		t.Error("what is there is not shown")
	}
	missing.Store(true)
	p.says("missing", "not available here: filesystems")
	if p.shown("filesystems") || p.shown("tile-filesystem") {
		t.Error("what is not there is shown")
	}
	p.says("missing", "no <i>mounts</i> here")
	if p.shown("notice") {
		t.Error("it warns of what is only missing")
	}
	p.says("chart-load", "cannot be read") // what fails is still marked
	missing.Store(false)
	eventually(t, "it comes back", func() bool { return p.shown("filesystems") && p.shown("tile-filesystem") && !p.shown("missing") })
}

// Whose numbers they are stands beside them where they are not the host's.
func showsScopes(t *testing.T) {
	p := display(t, func(s *collector.Snapshot) {
		s.Scopes = &collector.Scopes{CPU: collector.ScopeHost, Memory: "constructor", Networks: collector.ScopePod,
			Processes: collector.ScopeContainer, Filesystems: collector.ScopeContainer}
	})
	p.says("chart-network", "this pod")
	p.says("tile-network", "this pod")
	p.says("tile-processes", "this container")
	got := evaluate[[]string](p, `[...document.querySelectorAll("[data-scope]")].filter((e) => e.checkVisibility()).map((e) => e.dataset.scope)`)
	for _, part := range got {
		if part != "networks" && part != "processes" && part != "filesystems" {
			t.Errorf("there is a label on %s", part)
		}
	}
}

// rows are the names in a table, from the top.
func (p *page) rows(table string) []string {
	p.t.Helper()
	return evaluate[[]string](p, `[...document.querySelectorAll('[data-testid="`+table+`"] tbody:not([hidden]) th')].map((e) => e.textContent)`)
}

// cells are the texts of a table's row, by the row's place.
func (p *page) cells(table string, row int) string {
	p.t.Helper()
	return evaluate[string](p, `[...document.querySelectorAll('[data-testid="`+table+`"] tbody:not([hidden]) tr')[`+quote(row)+`].children].map((e) => e.textContent).join(" | ")`)
}

// Those at the top come with each message; for all of them the server is asked while somebody looks.
func TestAllProcesses(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	var asked atomic.Int32
	var fails atomic.Bool
	p := exhibit(t, func(s *collector.Snapshot) {
		s.Processes.Table = func(context.Context) ([]collector.Process, error) {
			asked.Add(1)
			if fails.Load() {
				return nil, errors.New("told to fail")
			}
			list := []collector.Process{
				{PID: 1, Name: "init", State: "sleeping", CPU: collector.Known(0)},
				{PID: 30, Parent: 1, Name: "<img src=x>", Command: "<script>alert(1)</script> --password=•••", User: "ann", State: "running", CPU: collector.Known(3), Service: "<b>.service"},
				{PID: 20, Parent: 30, Name: "grandchild", State: "sleeping", CPU: collector.Known(4)},
			}
			for i := range 10_000 - len(list) {
				list = append(list, collector.Process{PID: int32(1000 + i), Parent: 1, Name: "worker", State: "idle", CPU: collector.Known(0)})
			}
			return list, nil
		}
	})
	p.waits("the top is there", `document.querySelector('[data-testid="processes"] tbody th') !== null`)
	if got := p.rows("processes"); len(got) != 20 || asked.Load() != 0 {
		t.Errorf("at first there are %d rows, and the server was asked %d times", len(got), asked.Load())
	}
	if p.shown("processes-tree") {
		t.Error("the top has no tree")
	}
	p.click("processes-all")
	p.says("processes-note", "300 of 10,000 shown")
	if got := p.rows("processes"); len(got) != 300 || got[0] != "grandchild" || got[1] != "<img src=x>" {
		t.Errorf("%d rows, the first are %q", len(got), got[:min(3, len(got))])
	}
	if command := evaluate[string](p, `document.querySelectorAll('[data-testid="processes"] .command')[1].textContent`); command != "<script>alert(1)</script> --password=•••" {
		t.Errorf("the command reads %q", command)
	}

	p.says("processes-more", "show 300 more")
	p.click("processes-more")
	if got := p.rows("processes"); len(got) != 600 {
		t.Errorf("300 more make %d rows", len(got))
	}
	evaluate[bool](p, `(() => { const f = document.querySelector('[data-testid="processes-filter"]'); f.value = "init"; f.dispatchEvent(new Event("input")); return true; })()`)
	if p.shown("processes-more") {
		t.Error("there are more than all")
	}
	evaluate[bool](p, `(() => { const f = document.querySelector('[data-testid="processes-filter"]'); f.value = ""; f.dispatchEvent(new Event("input")); return true; })()`)

	p.click("processes-tree")
	eventually(t, "the tree is there", func() bool { return strings.Join(p.rows("processes")[:3], " ") == "init <img src=x> grandchild" })
	if got := evaluate[[]string](p, `[...document.querySelectorAll('[data-testid="processes"] tbody .name')].slice(0, 4).map((e) => e.style.getPropertyValue("--depth"))`); strings.Join(got, " ") != "0 1 2 1" {
		t.Errorf("depths %q", got)
	}
	evaluate[bool](p, `(() => { const f = document.querySelector('[data-testid="processes-filter"]'); f.value = "grandc"; f.dispatchEvent(new Event("input")); return true; })()`)
	if got := strings.Join(p.rows("processes"), " "); got != "init <img src=x> grandchild" {
		t.Errorf("filtered: %s", got)
	}

	fails.Store(true)
	p.expect("503")
	p.says("processes-note", "all processes: the process table cannot be read now")
	p.click("processes-all")
	p.says("processes-note", "of 187: the top by CPU, memory and disk traffic")
	before := asked.Load()
	time.Sleep(3 * time.Second)
	if after := asked.Load(); after != before {
		t.Errorf("it goes on asking: %d times in 3 s", after-before)
	}
}

// A server whose publisher reads no table says so, in words.
func TestNoProcessTable(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	p := exhibit(t, nil)
	p.expect("503")
	p.click("processes-all")
	p.says("processes-note", "all processes: processes have not been read yet")
	if got := p.rows("processes"); len(got) != 20 {
		t.Errorf("%d rows are left", len(got))
	}
}

// What work stands still for, where the kernel tells.
func showsPressure(t *testing.T) {
	var none atomic.Bool
	p := display(t, func(s *collector.Snapshot) {
		s.Pressure = &collector.Pressure{IO: &collector.Stall{Some: collector.Known(0.5), Full: collector.Known(0.375)},
			CPU: &collector.Stall{Some: collector.Known(0.125)}}
		if none.Load() {
			s.Pressure = nil
		}
	})
	p.says("tile-pressure", "37.5% waiting for disks")
	p.says("chart-pressure", "full37.5 %")
	none.Store(true)
	eventually(t, "it goes away", func() bool { return !p.shown("tile-pressure") && !p.shown("chart-pressure") })
}

// What is built on others is folded away.
func showsDisks(t *testing.T) {
	var loop atomic.Bool
	p := display(t, func(s *collector.Snapshot) {
		if loop.Load() {
			s.Disks[2].Name, s.Disks[2].Kind, s.Disks[2].Label = "loop0", "loop", ""
			s.Disks = append(s.Disks, collector.Disk{Name: "zram0", Kind: "zram"}, collector.Disk{Name: "sr0", Kind: "optical"})
		}
		s.Disks[0].ReadTime, s.Disks[0].Label = collector.Known(0.0125), "<b>SSD</b>"
		s.Disks[1].Reads, s.Disks[1].Writes, s.Disks[1].ReadTime, s.Disks[1].WriteTime = collector.Known(0), collector.Number{}, collector.Number{}, collector.Number{}
	})
	if got := strings.Join(p.rows("disks"), ", "); got != "nvme0n1<b>SSD</b>, sda" {
		t.Errorf("got %s", got)
	}
	if got := p.cells("disks", 0); !strings.Contains(got, "| disk |") || !strings.Contains(got, "13 ms / ") || !strings.HasSuffix(got, " %") {
		t.Errorf("the first row reads %s", got)
	}
	if got := p.cells("disks", 1); !strings.Contains(got, "| 0 | — / — |") {
		t.Errorf("the second row reads %s", got)
	}
	if got := p.text("disks-more"); got != "1 not counted: built on others" {
		t.Errorf("the button says %s", got)
	}
	p.click("disks-more")
	p.says("disks", "dm-0vg0-root")
	p.click("disks-more")
	eventually(t, "it folds again", func() bool { return len(p.rows("disks")) == 2 })
	loop.Store(true)
	p.says("disks-more", "3 not counted: built on others, in memory, optical")
}

// What does not answer says so, and is no alarm; nor is what can only be read.
func showsFilesystems(t *testing.T) {
	p := display(t, func(s *collector.Snapshot) {
		s.Filesystems[1].UsedRatio = collector.Known(1)
		s.Filesystems[2].Mount = "/mnt/<img src=x>"
		s.Filesystems = append(s.Filesystems, collector.Filesystem{Mount: "/never", Type: "nfs", Stale: true, Remote: true},
			collector.Filesystem{Mount: "/run", Type: "tmpfs", InMemory: true, Total: 1 << 30, Available: 1 << 30, UsedRatio: collector.Known(0)})
	})
	p.says("filesystems", "/boot/efiread-only")
	p.says("filesystems", "/mnt/nasno answer · remote")
	p.says("filesystems", "/runin memory")
	p.says("filesystems", "/mnt/<img src=x>")
	if got := p.cells("filesystems", 4); !strings.HasSuffix(got, "| — | — | — | —") {
		t.Errorf("what never answered reads %s", got)
	}
	if got := evaluate[[]string](p, `[...document.querySelectorAll('[data-testid="filesystems"] [data-level="alarm"]')].map((e) => e.parentElement.firstChild.textContent)`); strings.Join(got, " ") != "/mnt/<img src=x>" {
		t.Errorf("alarms for %q", got)
	}
	p.says("hidden-mounts", "27 mounts hidden: 23 × kernel interface (proc, sysfs, cgroup …); 4 × read-only image, always full")
}

func showsNetworks(t *testing.T) {
	p := display(t, func(s *collector.Snapshot) {
		s.Networks[1].Name, s.Networks[1].ReceiveDrops = "<b>0", collector.Known(2.5)
		s.Handles.Maximum = 1 << 63
		s.Sockets.FullListeners = []collector.Listener{{Address: "::", Port: 8080, Queue: 129, Limit: 128}}
		s.Sockets.Conntrack, s.Sockets.ConntrackLimit = collector.Known(256_900), collector.Known(262_144)
		s.Sockets.UDPDrops = collector.Known(1234)
	})
	if got := p.cells("networks", 0); !strings.HasPrefix(got, "<b>0 | up | 1 Gbit/s |") || !strings.HasSuffix(got, "| 0 | 2.50") {
		t.Errorf("got %s", got)
	}
	p.says("networks-more", "2 virtual interfaces")
	p.click("networks-more")
	p.says("networks", "docker0")
	p.says("sockets", "established")
	p.says("sockets", "256,900 of 262,144 · full")
	p.says("sockets", "UDP dropped1234/s")
	p.says("sockets", "open files2,144")
	if cut := evaluate[string](p, `[...document.querySelectorAll("#sockets .figure-text")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent).join()`); cut != "" {
		t.Errorf("cut: %s", cut)
	}
	p.says("sockets", "full accept queuesport 8080: 129 of 128")
}

// Without any of them there is no panel.
func showsNothingThere(t *testing.T) {
	p := display(t, func(s *collector.Snapshot) {
		*s = collector.Snapshot{At: s.At, Host: s.Host, CPU: s.CPU, Memory: s.Memory, Processes: s.Processes}
	})
	if got := evaluate[[]string](p, `[...document.querySelectorAll(".tables > section")].filter((e) => e.checkVisibility()).map((e) => e.querySelector("h2").textContent)`); strings.Join(got, ", ") != "Processes" {
		t.Errorf("there is %q", got)
	}
}

// What only some hosts have is there when it is, with the names it has.
func showsContainersAndHardware(t *testing.T) {
	p := display(t, func(s *collector.Snapshot) {
		s.Container.Name, s.Container.Throttled = "<b>0f3a", collector.Known(0.25)
		s.Neighbours[0].OOMKills = collector.Known(2)
		s.Sensors[0].Value, s.Sensors[1].Label = collector.Known(85), "<i>nvme</i>"
		s.GPUs[0].Name = "<u>GPU</u>"
		s.Batteries = []collector.Battery{{Name: "BAT0", State: "discharging", Charge: collector.Known(0.5), Left: collector.Known(5400)}}
		s.Users[0].From = "<a href=x>"
		s.Units.Top[0].OOMKills = collector.Known(1)
		s.FailedUnits = &collector.FailedUnits{Total: 40, Names: []string{"<b>backup.service", "ssh.service"}}
	})
	p.says("containers", "this container: <b>0f3a")
	p.says("containers", "neighbour 0f3a9c0d1e2f")
	p.says("containers", "throttled25.0 %")
	p.says("units", "postgresql.service")
	p.says("units-note", "40 failed · 4 of 42")
	if got := evaluate[[]string](p, `[...document.querySelectorAll("#units tbody th")].map((cell) => cell.dataset.level + " " + cell.innerText.replace(/\s+/g, " "))`); strings.Join(got, ", ") != "alarm <b>backup.servicefailed, alarm ssh.servicefailed,  postgresql.service,  docker.service,  user@1000.service" {
		t.Errorf("units: %q", got)
	}
	p.says("sensors", "Package id 0coretemp85.0 °C80.0 °Chot")
	p.says("sensors", "<i>nvme</i>")
	p.says("gpus", "<u>GPU</u>")
	p.says("batteries", "BAT050.0 %discharging1 h 30 min")
	p.says("users", "<a href=x>")
	// Their names alone are not enough to know the message by: the display before had them too.
	p.waits("what stands out in the containers is what is wrong with them", `/^(throttled )?throttled OOM kills$/.test([...document.querySelectorAll('[data-testid="containers"] .figures > :is([data-level="warn"], [data-level="alarm"])')].filter((e) => e.checkVisibility()).map((e) => e.firstChild.textContent).join(" "))`)
	if n := evaluate[int](p, `document.querySelectorAll("main :is(i:not(.swatch), u, a:not(#kiosk, .skip), img, script)").length`); n != 0 {
		t.Errorf("a name became %d elements", n)
	}
}

// What the bands of a chart do not say stands below it.
func showsFacts(t *testing.T) {
	p := display(t, func(s *collector.Snapshot) {
		s.Frequency.Mean, s.Frequency.Governor = collector.Known(2.5e9), "<b>save"
		s.Memory.HugeTotal, s.Memory.Dirty = collector.Known(1<<30), collector.Number{}
		s.Paging.OOMKills = collector.Known(3)
	})
	p.says("chart-cpu", "clock2.50 GHz")
	p.says("chart-cpu", "governor<b>save")
	p.says("chart-memory", "huge pages1.00 GiB")
	p.says("chart-memory", "OOM kills3")
	if evaluate[bool](p, `[...document.querySelectorAll('[data-testid="chart-memory"] dt')].some((e) => e.checkVisibility() && /written|ZFS/.test(e.textContent))`) {
		t.Error("what is not known is shown")
	}
}

// A band has the colour that the legend gives it, in the dark and in the light.
func TestLegendColours(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	for _, scheme := range []string{"dark", "light"} {
		p := exhibit(t, func(s *collector.Snapshot) {
			s.CPU.User, s.CPU.Nice, s.CPU.System = collector.Known(0.3), collector.Known(0.3), collector.Known(0.3)
			s.Memory.Used, s.Memory.Free = s.Memory.Total/3, s.Memory.Total/3
		})
		p.expect("willReadFrequently")
		p.view(1440, 3200, scheme)
		for _, chart := range []string{"cpu", "memory"} {
			// Each of the first three bands in the middle of its height, at the newest sample; the swatch painted beside it.
			script := `(() => {
				const root = document.querySelector('[data-testid="chart-` + chart + `"]');
				const canvas = root.querySelector(".plot canvas");
				const pen = canvas.getContext("2d");
				const column = [...pen.getImageData(canvas.width - 6, 0, 1, canvas.height).data];
				const panel = document.createElement("canvas").getContext("2d");
				const paint = (colour) => { panel.fillStyle = colour; panel.fillRect(0, 0, 1, 1); return [...panel.getImageData(0, 0, 1, 1).data]; };
				const under = paint(getComputedStyle(root).backgroundColor);
				return [...root.querySelectorAll(".swatch")].slice(0, 3).filter((swatch) => {
					const want = paint(getComputedStyle(swatch).backgroundColor);
					for (let y = 0; y < canvas.height; y++) {
						const a = column[4 * y + 3] / 255;
						if ([0, 1, 2].every((c) => Math.abs(column[4 * y + c] * a + under[c] * (1 - a) - want[c]) <= 3)) return false;
					}
					return true;
				}).map((swatch) => swatch.nextElementSibling.textContent).join(" ");
			})()`
			got := ""
			for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
				if got = evaluate[string](p, script); got == "" {
					break
				}
			}
			if got != "" {
				t.Errorf("%s, %s: no band has the colour of %s", scheme, chart, got)
			}
		}
	}
}

// When nothing comes, the figures on screen say that they are of then; with the next message they are of now again.
func showsStale(t *testing.T) {
	var held atomic.Bool
	p := display(t, func(*collector.Snapshot) {
		for held.Load() && t.Context().Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
	})
	t.Cleanup(func() { held.Store(false) }) // before the publisher is waited for
	// What is said and the colour, both at one moment: on a busy machine figures are a second old now and then.
	look := func() (asOf, colour string) {
		got := evaluate[[]string](p, `[document.querySelector('[data-testid="as-of"]').textContent, getComputedStyle(document.querySelector('[data-testid="tile-cpu"] .figure-number')).color]`)
		return got[0], got[1]
	}
	fresh := ""
	eventually(t, "figures are fresh", func() bool {
		asOf, colour := look()
		fresh = colour
		return asOf == ""
	})
	held.Store(true)
	p.says("as-of", "as of ")
	if asOf, colour := look(); len(asOf) != len("as of 00:00:00") || colour == fresh {
		t.Errorf("stale figures are %q, %s", asOf, colour)
	}
	held.Store(false)
	eventually(t, "they are fresh again", func() bool { asOf, colour := look(); return asOf == "" && colour == fresh })
}

// A narrow or a low screen begins with the host; a large one has room for the wire above it. Keys go from top to bottom on both.
func showsVerdictFirst(t *testing.T) {
	p := display(t, nil)
	top := func(what string) float64 {
		return evaluate[float64](p, `document.querySelector("`+what+`").getBoundingClientRect().top`)
	}
	if top("#wire") > top("#verdict") {
		t.Error("on a wide screen the wire is below the verdict")
	}
	for _, phone := range [][2]int64{{390, 844}, {932, 430}} { // upright, and on its side
		p.view(phone[0], phone[1], "dark")
		if verdict, tiles, wire, charts := top("#verdict"), top("#tiles"), top("#wire"), top("#charts"); verdict > tiles || tiles > wire || wire > charts {
			t.Errorf("%v: from the top there is the verdict at %v, tiles at %v, the wire at %v, charts at %v", phone, verdict, tiles, wire, charts)
		}
	}
	if n := evaluate[int](p, `[...document.querySelectorAll(":is(#verdict, #tiles) *")].filter((e) => e.tabIndex >= 0).length`); n != 0 {
		t.Errorf("the keyboard stops %d times in what was moved", n)
	}
}

// A state that the page does not know shows its word, and not the mark of a healthy host.
func showsVerdictUnknown(t *testing.T) {
	var verdict atomic.Pointer[collector.Verdict]
	verdict.Store(&collector.Verdict{State: "healthy", Text: "healthy"})
	p := display(t, func(s *collector.Snapshot) { s.Verdict = verdict.Load() })
	mark := func() string {
		return evaluate[string](p, `(({ borderRadius, borderTopStyle, backgroundColor, clipPath }) => [borderRadius, borderTopStyle, backgroundColor, clipPath].join(" "))(getComputedStyle(document.querySelector(".verdict-mark")))`)
	}
	p.says("verdict-word", "healthy")
	healthy := mark()
	for _, state := range []string{"unknown", "<b>odd"} {
		verdict.Store(&collector.Verdict{State: state, Text: "pressure cannot be read"})
		p.says("verdict-word", state)
		p.says("verdict-text", "pressure cannot be read")
		if got := mark(); got != "0px solid rgba(0, 0, 0, 0) none" || got == healthy {
			t.Errorf("%s has the mark %s, healthy %s", state, got, healthy)
		}
	}
	verdict.Store(&collector.Verdict{State: "unknown", Text: "unknown"})
	eventually(t, "the word is not said twice", func() bool { return p.text("verdict-text") == "" })
}

func showsZombies(t *testing.T) {
	var zombies atomic.Int32
	p := display(t, func(s *collector.Snapshot) { s.Processes.Zombies = int(zombies.Load()) })
	eventually(t, "the note tells of no zombies", func() bool {
		note := p.text("processes-note")
		return strings.Contains(note, "disk traffic") && !strings.Contains(note, "zombie")
	})
	zombies.Store(1)
	p.says("processes-note", "; 1 zombie")
	zombies.Store(3)
	p.says("processes-note", "; 3 zombies")
}

// A row opens to all there is to know of its process, by a click as by a key; one at a time.
func TestProcessDetail(t *testing.T) {
	t.Parallel()
	var grouped atomic.Bool
	command := "/usr/bin/<b>daemon</b> " + strings.Repeat("--flag=value ", 30) + "end"
	p := exhibit(t, func(s *collector.Snapshot) {
		for i := range s.Processes.Top {
			s.Processes.Top[i].Service, s.Processes.Top[i].Container = "", ""
		}
		top := &s.Processes.Top[0]
		top.PID, top.Started = 4242, 1_700_000_000_000
		top.CPU, top.Name, top.Command, top.User, top.State, top.Parent = collector.Known(50), "daemon", command, "<i>ann", "running", 77
		if grouped.Load() {
			top.Service, top.Container = "a.service", "0f3a9c"
		}
		processes := slices.Clone(s.Processes.Top)
		s.Processes.One = func(_ context.Context, pid int32) (collector.Process, bool, error) {
			i := slices.IndexFunc(processes, func(p collector.Process) bool { return p.PID == pid })
			return processes[max(i, 0)], i >= 0, nil
		}
	})
	p.view(1440, 900, "dark")
	first := func(do string) {
		evaluate[bool](p, `(() => { const row = document.querySelector('[data-testid="processes"] tbody tr'); `+do+`; return true; })()`)
	}
	open := func() bool { return p.shown("process-detail") }
	first(`row.scrollIntoView(); row.click()`)
	eventually(t, "it opens", open)
	p.says("process-detail", "command"+command)
	for _, want := range []string{"user<i>ann", "staterunning", "parent77", "threads", "disk read", "disk write", "started"} {
		p.says("process-detail", want)
	}
	if got := evaluate[string](p, `(({ parentElement, previousElementSibling, ariaExpanded }) => previousElementSibling.querySelector("th").textContent + " " + previousElementSibling.ariaExpanded)(document.querySelector(".detail"))`); got != "daemon true" {
		t.Errorf("the details are below %s", got)
	}
	if evaluate[bool](p, `(() => { const e = document.querySelector(".detail .figure-text"); return e.scrollWidth > e.clientWidth; })()`) {
		t.Error("the command is cut")
	}
	column := func() bool {
		return evaluate[bool](p, `document.querySelector('#processes [data-key="service"]').checkVisibility()`)
	}
	if column() {
		t.Error("nothing is part of anything, and there is a column for it")
	}
	grouped.Store(true)
	p.says("process-detail", "servicea.service")
	p.says("process-detail", "container0f3a9c")
	if !column() {
		t.Error("the column for what a process is part of does not come")
	}
	if spans, columns := evaluate[int](p, `document.querySelector(".detail td").colSpan`), evaluate[int](p, `[...document.querySelectorAll("#processes thead th")].filter((e) => e.checkVisibility()).length`); spans != columns {
		t.Errorf("the details span %d of %d columns", spans, columns)
	}
	first(`row.click()`)
	if open() {
		t.Error("a second click does not close them")
	}
	first(`row.focus()`)
	p.press("\r")
	if !open() {
		t.Error("Enter does not open them")
	}
	p.press("\x1b")
	if open() {
		t.Error("Escape does not close them")
	}
	first(`row.nextElementSibling.click(); row.click()`)
	if n := evaluate[int](p, `document.querySelectorAll(".detail").length`); n != 1 {
		t.Errorf("%d are open", n)
	}
	if n := evaluate[int](p, `document.querySelectorAll('#processes tbody [tabindex="0"]').length`); n != 1 {
		t.Errorf("the keyboard stops at %d rows", n)
	}
}

// A row that opens has the whole command line, which is asked for then; one that closes waits for nothing.
func TestProcessCommand(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	var answer atomic.Pointer[func() (collector.Process, bool, error)]
	answers := func(f func() (collector.Process, bool, error)) { answer.Store(&f) }
	const started = 1_700_000_000_000
	whole := "/usr/bin/java <img src=x onerror=alert(1)> " + strings.Repeat("-Dflag=value ", 300) + "Main"
	all := collector.Process{PID: 4242, Started: started, Name: "java", Command: whole}
	release, waits := make(chan struct{}), make(chan struct{}, 1)
	answers(func() (collector.Process, bool, error) { return all, true, nil })
	p := exhibit(t, func(s *collector.Snapshot) {
		top := &s.Processes.Top[0]
		top.PID, top.Started, top.CPU, top.ChildrenCPU, top.Name, top.Command = 4242, started, collector.Known(50), collector.Known(1.5), "java", whole[:100]+"…"
		s.Processes.One = func(context.Context, int32) (collector.Process, bool, error) { return (*answer.Load())() }
	})
	evaluate[bool](p, `(globalThis.asked = [], globalThis.plain = fetch, globalThis.fetch = (url, options) => {
		if (String(url).includes("pid=")) asked.push({ url: String(url), signal: options.signal });
		return plain(url, options);
	}, true)`)
	toggle := func() {
		evaluate[bool](p, `(() => { const row = document.querySelector('[data-testid="processes"] tbody tr'); row.scrollIntoView(); row.click(); return true; })()`)
	}
	toggle()
	p.says("process-detail", "command"+whole)
	p.says("process-detail", "CPU of children150 %")
	time.Sleep(time.Second) // other messages come, with the short one
	p.says("process-detail", "command"+whole)
	if n := evaluate[int](p, `document.querySelectorAll(".detail img").length`); n != 0 {
		t.Error("a command line is taken for HTML")
	}
	if asked := evaluate[[]string](p, `asked.map((a) => a.url.replace(/.*api/, "api"))`); len(asked) != 1 || asked[0] != "api/v1/processes?pid=4242" {
		t.Errorf("asked %q", asked)
	}
	if p.shown("process-detail-note") {
		t.Error("there is a note")
	}
	toggle()

	answers(func() (collector.Process, bool, error) { waits <- struct{}{}; <-release; return all, true, nil })
	toggle()
	<-waits
	p.says("process-detail", "…")
	if evaluate[bool](p, `asked[1].signal.aborted`) {
		t.Error("the question is taken back while the row is open")
	}
	toggle()
	if !evaluate[bool](p, `asked[1].signal.aborted`) {
		t.Error("the row is closed, and the page waits for an answer")
	}
	close(release)

	p.expect("404", "503")
	answers(func() (collector.Process, bool, error) { return collector.Process{}, false, nil })
	toggle()
	p.says("process-detail-note", "This process has ended.")
	p.says("process-detail", "…")
	toggle()
	other := all
	other.Started++
	answers(func() (collector.Process, bool, error) { return other, true, nil }) // its number was used again
	toggle()
	p.says("process-detail-note", "This process has ended.")
	toggle()
	answers(func() (collector.Process, bool, error) { return all, false, errors.New("told to fail") })
	toggle()
	p.says("process-detail-note", "The whole command line: the process cannot be read now")
}

// On the narrowest phones nothing sticks out sideways, however long the host has been up.
func showsNarrow(t *testing.T) {
	p := display(t, func(s *collector.Snapshot) { s.Uptime = collector.Known(999*86400 + 23*3600) })
	for _, width := range []int64{320, 360, 390, 3840} {
		p.view(width, 700, "dark")
		if got := evaluate[int64](p, `document.documentElement.scrollWidth`); got > width {
			t.Errorf("the page is %d px wide on a screen of %d", got, width)
		}
		if got := evaluate[[]string](p, `[...document.querySelectorAll(".top *")].filter((e) => e.checkVisibility() && !e.closest(".hidden, .choice") && e.getBoundingClientRect().right > innerWidth).map((e) => e.className || e.tagName)`); len(got) > 0 {
			t.Errorf("on a screen of %d there sticks out %q", width, got)
		}
	}
}

// Where single cores have no reading, the words beside their strip say what the hatching means.
func showsCoreStripNoReading(t *testing.T) {
	p := display(t, nil)
	p.says("chart-cpu", "4 cores; hatched: no reading")
}

// Of many cores as many as have a series are shown, and it says so.
func showsManyCores(t *testing.T) {
	p := display(t, func(s *collector.Snapshot) {
		for n := len(s.CPU.Cores); n < 200; n++ {
			s.CPU.Cores = append(s.CPU.Cores, collector.Core{Name: fmt.Sprint("cpu", n), CPUTimes: s.CPU.CPUTimes})
		}
	})
	p.says("chart-cpu", "64 of 200 cores")
}
