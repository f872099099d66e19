package e2e

import (
	"sync/atomic"
	"testing"

	"github.com/fivewire/fivewire/collector"
)

// What fires is on the page and in its title; silenced, it is on the page and not in its title; and both are listed.
func TestAlertsPanel(t *testing.T) {
	t.Parallel()
	var kill atomic.Bool
	p := exhibit(t, func(s *collector.Snapshot) {
		s.Filesystems = nil // one of them is full, and fires after a while
		if kill.CompareAndSwap(true, false) {
			s.Marks = []collector.Mark{{At: s.At.UnixMilli(), Kind: collector.MarkOOM, Text: "the kernel killed <b>postgres</b>"}}
		}
	})
	p.says("alerts", "Alerts nothing fires")
	p.click("alerts-more")
	kill.Store(true)
	p.says("alerts-firing", "the kernel killed <b>postgres</b>")
	p.says("alerts-fired", "the kernel killed <b>postgres</b> · still fires")
	title := func(want string) {
		t.Helper()
		eventually(t, "the title is "+want, func() bool { return evaluate[string](p, "document.title") == want })
	}
	title("● 1 test-host – fivewire")
	evaluate[bool](p, `(() => {
		const choice = document.querySelector('#alerts-firing select');
		choice.value = "1h";
		choice.dispatchEvent(new Event("change"));
		return true;
	})()`)
	p.says("alerts-firing", "silent until")
	title("test-host – fivewire")
	evaluate[bool](p, `(document.querySelector('#alerts-firing button').click(), true)`)
	title("● 1 test-host – fivewire")
	if n := evaluate[int](p, `document.querySelectorAll('#alerts-rules tr').length`); n != 10 {
		t.Errorf("%d rules are listed", n)
	}
}

// At a moment that has passed, what fired then is listed, and not what fires now.
func TestAlertsOfThen(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		document.body.innerHTML = '<section id="alerts"><ul id="alerts-firing"></ul><p data-field="alerts-error"></p><b data-field="alerts-word"></b><table><tbody id="alerts-rules"></tbody></table><ol id="alerts-fired"></ol><p data-field="alerts-told"></p><p id="alerts-announcer"></p></section>';
		const { Alerts } = await import(base + "panel/alerts.js");
		const full = (subject, began, ended) => ({ rule: "filesystem-full", subject, text: "", value: 0.97, began: 1e12 + began, ended: ended && 1e12 + ended });
		const api = { get: async () => ({ told: false, fired: [full("/c", 9000), full("/b", 2000, 5000), full("/a", 1000, 3000)],
			rules: [{ rule: "filesystem-full", state: "firing", value: 0.97, subject: "/c", threshold: 0.95, unit: "ratio", alerts: [{ state: "firing", since: 1e12 + 9000, beyond: 0.97, ...full("/c", 9000) }] }] }) };
		const counts = [], told = [];
		const alerts = new Alerts(api, (n) => counts.push(n), () => true);
		await alerts.refresh(1e12 + 10000);
		for (const at of [NaN, 500, 2500, 4000, 7000, 9500, NaN]) {
			alerts.then(1e12 + at);
			await alerts.refresh(1e12 + 10000); // messages go on coming
			told.push([document.querySelector('[data-field="alerts-word"]').textContent, ...[...document.querySelectorAll("#alerts-firing .alert-text")].map((text) => text.textContent.split(" ")[0]),
				document.querySelector("#alerts").dataset.firing, document.querySelectorAll("#alerts-firing select").length].join(" "));
		}
		return told.concat([...new Set(counts)], document.querySelector("#alerts-announcer").textContent).join("; ");
	})()`)
	nothing := "as far as is known, nothing fired then"
	if want := "1 fires /c true 1; " + nothing + " false 0; 2 fired then /b /a true 0; 1 fired then /b true 0; " + nothing + " false 0; 1 fired then /c true 0; 1 fires /c true 1; 1; "; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Who is told has taken nothing as long as nothing was sent, and what was given up is not passed over when others are taken.
func TestAlertsToldSays(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		document.body.innerHTML = '<section id="alerts"><ul id="alerts-firing"></ul><p data-field="alerts-error"></p><b data-field="alerts-word"></b><table><tbody id="alerts-rules"></tbody></table><ol id="alerts-fired"></ol><p data-field="alerts-told"></p><p id="alerts-announcer"></p></section>';
		const { Alerts } = await import(base + "panel/alerts.js");
		let state = {};
		const alerts = new Alerts({ get: async () => state }, () => {}, () => true);
		const said = [];
		for (const receiver of [{ sent: 0 }, { sent: 1 }, { sent: 0, waiting: 2, error: "refused" }, { sent: 1, dropped: 3 }]) {
			state = { told: true, rules: [], fired: [], receiver: { host: "example.org", waiting: 0, dropped: 0, ...receiver } };
			await alerts.refresh(1e12);
			said.push(document.querySelector('[data-field="alerts-told"]').textContent);
		}
		return said.join(" | ");
	})()`)
	want := "example.org is told; there has been nothing to tell since the server began. | " +
		"example.org is told, and has taken the last one. | " +
		"example.org does not take what it is told: refused. 2 wait. | " +
		"example.org is told, and has taken the last one. 3 since the server began nobody was told of."
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Who may not silence is offered nothing that would be refused, and is told what is silent; and who logs in as somebody who may is.
func TestAlertsForWhoOnlyLooks(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		document.body.innerHTML = '<section id="alerts"><ul id="alerts-firing"></ul><p data-field="alerts-error"></p><b data-field="alerts-word"></b><table><tbody id="alerts-rules"></tbody></table><ol id="alerts-fired"></ol><p data-field="alerts-told"></p><p id="alerts-announcer"></p></section>'
			+ '<button id="access-open"></button><dialog id="access"><form id="access-form"></form></dialog><form id="access-key-form"></form><button id="access-leave"></button><button id="share-make"></button><button id="share-none"></button><input id="share-link">';
		const [{ Alerts }, { Access }] = await Promise.all(["alerts", "access"].map((name) => import(base + "panel/" + name + ".js")));
		let role = "";
		const rule = { rule: "oom-kill", state: "firing", value: 1, threshold: 1, unit: "count" };
		const api = { get: async () => ({ told: false, fired: [], rules: [{ ...rule, alerts: [{ state: "firing", text: "", value: 1, since: 1e12 }] }, { ...rule, rule: "own-health", silenced_until: 1e12 + 9e5, alerts: [] }] }) };
		const out = [];
		for (role of ["viewer", "presenter", "operator"]) {
			const access = new Access({ login: async () => ({ role, asked: true }) });
			await access.enter();
			const alerts = new Alerts(api, () => {}, () => access.operates);
			await alerts.refresh(1e12);
			const all = document.querySelectorAll("#alerts :is(select, button)").length;
			out.push(role, all, /silent until/.test(document.querySelector("#alerts-rules").textContent));
		}
		let may = false;
		const alerts = new Alerts(api, () => {}, () => may);
		for (may of [false, true]) {
			await alerts.refresh(1e12);
			out.push(document.querySelectorAll("#alerts :is(select, button)").length);
		}
		return out.join(" ");
	})()`)
	if want := "viewer 0 true presenter 0 true operator 3 true 0 3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What fires and is over is told by the value that it fired for and by that of now, and not as if it were wrong still.
func TestAlertsThatEnd(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		document.body.innerHTML = '<section id="alerts"><ul id="alerts-firing"></ul><p data-field="alerts-error"></p><b data-field="alerts-word"></b><table><tbody id="alerts-rules"></tbody></table><ol id="alerts-fired"></ol><p data-field="alerts-told"></p><p id="alerts-announcer"></p></section>';
		const { Alerts } = await import(base + "panel/alerts.js");
		const rule = { rule: "filesystem-full", state: "firing", threshold: 0.95, unit: "ratio" }, alert = { state: "firing", subject: "/a", text: "", since: 1e12, beyond: 1 };
		let value = 1, ending = false;
		const alerts = new Alerts({ get: async () => ({ told: false, fired: [], rules: [{ ...rule, value, alerts: [{ ...alert, value, ending }] }] }) }, () => {}, () => true);
		const said = [];
		for ([value, ending] of [[1, false], [0.94, false], [0.081, true]]) {
			await alerts.refresh(1e12);
			said.push(document.querySelector("#alerts-firing .alert-text").textContent);
		}
		return said.join(" | ");
	})()`)
	if want := "/a is full to 100 % | /a is full to 100 %; now 94.0 % | /a is full to 100 %; now 8.1 %, about to end"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// On a phone the table of rules has what it needs, and nothing in it is cut: neither a name nor the way to silence it, nor until when
// it is silent.
func TestAlertsOnAPhone(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t)
	s.ready()
	p := newPage(t)
	p.view(390, 2000, "dark")
	p.open(s.url)
	evaluate[bool](p, `document.querySelector('[data-testid="alerts-more"]').open = true`)
	p.waits("the rules are there", `document.querySelectorAll("#alerts-rules .alert-choice").length > 5`)
	look := func(when string) {
		t.Helper()
		for _, cut := range evaluate[[]string](p, `(() => {
			const right = (e) => e.getBoundingClientRect().right;
			return [...document.querySelectorAll("#alerts-rules :is(th, td, .alert-silencer > *)")].filter((e) => e.checkVisibility() &&
				(e.parentElement.matches(".alert-silencer") ? right(e) > right(e.parentElement) : !e.matches(".alert-silencer") && e.scrollWidth > e.clientWidth))
				.map((e) => e.localName + " " + e.textContent);
		})()`) {
			t.Errorf("%s: cut: %s", when, cut)
		}
	}
	look("at first")
	evaluate[bool](p, `(() => {
		const choice = document.querySelector("#alerts-rules .alert-choice");
		choice.value = "168h";
		return choice.dispatchEvent(new Event("change"));
	})()`)
	p.waits("one is silent", `document.querySelector("#alerts-rules .alert-silencer button")`)
	look("silenced")
}
