package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// leftovers are what a reader sees of a language that is not theirs: words in Latin letters that are no data of the host's,
// no unit and no name. What the server says in words (states, reasons, sentences) is no data.
const leftovers = `(async () => {
	const names = new Set(("fivewire SSE WebSocket CPU CPUs GPU PID TCP UDP OOM RAID inode inodes zram HTTP iframe RTT Pod EN English OpenAPI Prometheus Server Sent Events " +
		"TIME_WAIT IP proc sysfs cgroup memory high slab ZFS FIN ACK SYN Esc Enter Shift Ctrl Home End shell df compress off IO PiB TiB GiB MiB KiB kB ms rpm GHz Hz Gbit Mbit kbit bit inf " +
		"JSON CBOR POST GET NDJSON MQTT XMPP JSONP multipart script Socket SockJS Upgrade Chromium EventSource id data retry Accel Buffering Cache Control no transform X base goroutine goroutines nonce load cut every embed cpu js element from README TLS Wi Fi Markdown CSV TCP_INFO ss uam").split(" "));
	const data = new Set();
	const words = new Set(["state", "reason", "error", "text", "head", "key", "kind"]);
	const collect = (v, key) => {
		if (typeof v === "string" && !words.has(key)) data.add(v);
		else if (v && typeof v === "object") for (const [k, inner] of Object.entries(v)) collect(inner, Array.isArray(v) ? key : k);
	};
	for (const name of ["polling", "host", "config"]) collect(await (await fetch("api/v1/" + name)).json(), "");
	const known = [...data].filter((text) => /[A-Za-z]{2}/.test(text)).sort((a, b) => b.length - a.length);
	const rest = (text) => {
		for (const value of known) text = text.replaceAll(value, " ");
		return (text.match(/[A-Za-z_]{2,}/g) ?? []).filter((word) => !names.has(word) && !/^p\d+$/.test(word));
	};
	const found = new Set();
	const see = (text, where) => {
		const left = rest(text);
		if (left.length > 0) found.add(where + ": " + text.trim().slice(0, 80) + " [" + left.join(" ") + "]");
	};
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const parent = walk.currentNode.parentElement;
		if (!parent.closest("script, noscript, template, code, pre, kbd, .lab-code") && parent.checkVisibility()) see(walk.currentNode.nodeValue, parent.className || parent.tagName);
	}
	for (const element of document.querySelectorAll("[title], [aria-label], [placeholder]")) {
		if (!element.checkVisibility() || element.closest(".lab-code")) continue;
		for (const name of ["title", "aria-label", "placeholder"]) see(element.getAttribute(name) ?? "", name);
	}
	return [...found];
})()`

// speaks waits until the page is in a language.
func (p *page) speaks(tag string) {
	p.t.Helper()
	p.until("the page speaks "+tag, func(state) bool { return evaluate[string](p, `document.documentElement.lang`) == tag })
}

// By a key, at once and without loading the page anew, everything is in the other language, and stays so.
func TestChinese(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	p := exhibit(t, nil)
	evaluate[bool](p, `(globalThis.same = true)`)
	if got := evaluate[[]string](p, leftovers); len(got) < 50 {
		t.Fatalf("in English %d texts in Latin letters were found, which finds nothing: %q", len(got), got)
	}
	p.press("i")
	p.speaks("zh-Hans")
	p.waits("no English is left", `document.querySelector('[data-testid="tile-cpu"]').textContent.includes("CPU 忙碌")`)
	p.press("?")
	p.waits("the help has words", `document.querySelector("#help-keys dd").textContent !== ""`)
	var left []string
	for range 4 { // what is written once a second, which is longer on a busy machine
		evaluate[bool](p, `new Promise((resolve) => setTimeout(() => resolve(true), 1200))`)
		if left = evaluate[[]string](p, leftovers); len(left) == 0 {
			break
		}
	}
	for _, text := range left {
		t.Errorf("left in English: %s", text)
	}
	if !evaluate[bool](p, `globalThis.same === true`) {
		t.Error("the page was loaded anew")
	}
	p.press(kb.Escape)
	p.do(reload)
	p.live("sse")
	p.speaks("zh-Hans")
	p.says("verdict-word", "健康")
	p.click("language")
	p.speaks("en")
	p.says("verdict-word", "healthy")
}

// The language chosen here before is taken, else the first of the browser's that there is, else English.
func TestFirstLanguage(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		let chosen;
		Object.defineProperty(navigator, "languages", { get: () => chosen.split(",") });
		const spoken = [];
		for (const [i, [list, before]] of [["zh-CN,zh,en"], ["de-DE,zh-TW"], ["en-GB,zh"], ["fr"], ["en", "zh"], ["zh", "en"], ["zh", "tlh"]].entries()) {
			chosen = list;
			if (before) localStorage.setItem("fivewire.language", before);
			const words = await import(base + "words/words.js?" + i);
			spoken.push(words.spoken() + " " + document.documentElement.lang);
			localStorage.removeItem("fivewire.language");
		}
		return spoken.join("; ");
	})()`)
	if want := "zh zh-Hans; zh zh-Hans; en en; en en; zh zh-Hans; en en; zh zh-Hans"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// One of a kind is told in another form than several, and numbers are written as the language does.
func TestPlurals(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { say, speak } = await import(base + "words/words.js");
		const told = () => [0, 1, 2, 12345].map((n) => say("charts.cores", { n }));
		const english = told();
		await speak("zh");
		return [...english, ...told(), say("charts.nothing_like_it")];
	})()`)
	want := []string{"0 cores", "1 core", "2 cores", "12,345 cores", "0 个核心", "1 个核心", "2 个核心", "12,345 个核心", "charts.nothing_like_it"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The verdict is put together from its parts, or is told as the server tells it where it has none.
func TestVerdictInWords(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { speak } = await import(base + "words/words.js");
		const { sentence } = await import(base + "panel/sentence.js");
		const verdicts = [
			{ state: "healthy", text: "healthy" },
			{ state: "bad", text: "I/O-bound for 42 s: …", parts: { head: "I/O-bound", seconds: 42, phrases: [{ key: "culprit", name: "postgres", pid: 811 }, { key: "full_pressure", figures: { share: 0.38 } }] } },
			{ state: "bad", text: "out of memory: …", parts: { head: "out of memory", seconds: 90, moment: true, phrases: [{ key: "killed", figures: { n: 3 } }] } },
			{ state: "busy", text: "CPU saturated …", parts: { head: "CPU saturated", seconds: 130, over: 5, phrases: [{ key: "busy", figures: { share: 0.999, of: 4 } }, { key: "many_small" }] } },
			{ state: "bad", text: "I/O-bound for at least 5 min: …", parts: { head: "I/O-bound", seconds: 300, at_least: true, phrases: [{ key: "full_pressure", figures: { share: 0.38 } }] } },
			{ state: "healthy", text: "healthy; CPU fully used …", parts: { seconds: 0, phrases: [{ key: "busy", figures: { share: 1, of: 2 } }, { key: "nothing_waits" }, { key: "band_uses", name: "sh", figures: { n: 2, cores: 2 } }] } },
			{ state: "bad", text: "filesystem nearly full: …", parts: { head: "filesystem nearly full", seconds: 0, phrases: [{ key: "mount", name: "/srv" }, { key: "also", name: "CPU saturated" }] } },
			{ state: "odd", text: "something new" },
		];
		const english = verdicts.map(sentence);
		await speak("zh");
		return [...english, ...verdicts.map(sentence)];
	})()`)
	want := []string{"healthy", "I/O-bound for 42 s: …", "out of memory: …", "CPU saturated …", "I/O-bound for at least 5 min: …", "healthy; CPU fully used …", "filesystem nearly full: …", "something new",
		"健康", "受制于 I/O，已持续 42 秒：postgres（PID 811），全部停顿 38 %", "内存耗尽：内核终止了 3 个进程，1 分 30 秒前",
		"CPU 饱和，已持续 2 分 10 秒，5 秒前结束：4 个核心忙碌 99 %，许多小进程", "受制于 I/O，至少已持续 5 分 0 秒：全部停顿 38 %", "2 个核心忙碌 100 %，没有任务在等待，sh（2 个进程）共使用 2 核", "文件系统将满：挂载点 /srv，另外：CPU 饱和", "something new"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
