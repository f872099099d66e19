package e2e

import (
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The report's figures are the cost table's, in all three forms; and its conditions are those there are.
func TestReport(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	s, p := lab(t, "sse")
	p.waits("the table has figures", `document.querySelectorAll('[data-testid="costs"] [data-lane] td[data-key="total"]:not([data-value="NaN"])').length >= 5`)
	p.click("costs-pin")
	// What is pinned does not change any more: it can be compared to the last digit.
	type cell struct{ Lane, Key, Value, Text string }
	table := evaluate[[]cell](p, `[...document.querySelector('[data-testid="costs"]').tBodies].at(-1).querySelectorAll("[data-lane] td:not([hidden])").values().map((td) => (
		{ lane: td.parentElement.querySelector("th").innerText.trim(), key: td.dataset.key, value: td.dataset.value, text: td.lastElementChild.textContent })).toArray()`)
	if len(table) < 50 {
		t.Fatalf("the table has %d cells", len(table))
	}
	p.click("report-make")
	p.waits("it is made", `document.querySelector('[data-testid="report-status"]').textContent.startsWith("Made")`)
	var takes struct {
		Conditions struct {
			Made   time.Time
			Faults []any
		}
		Runs map[string]struct {
			At      time.Time
			Seconds float64
		}
	}
	text := func(form string) string {
		p.set("report-form", form)
		return p.text("report-text")
	}

	var report struct {
		Conditions map[string]any
		Tables     map[string][]map[string]any
		Ages       []struct {
			Lane  string
			At    []float64
			AgeMS []float64 `json:"age_ms"`
		}
	}
	if err := json.Unmarshal([]byte(text("json")), &report); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text("json")), &takes); err != nil || takes.Conditions.Faults == nil || takes.Runs["costs_pinned_1"].Seconds <= 0 ||
		takes.Conditions.Made.Before(takes.Runs["costs_pinned_1"].At) || len(takes.Runs) != 2 {
		t.Errorf("when and under which faults: got %+v, %v", takes, err)
	}
	lanes := map[string]map[string]any{}
	for _, row := range report.Tables["costs_pinned_1"] {
		lanes[row["lane"].(string)] = row
	}
	for _, c := range table {
		got, known := lanes[c.Lane][c.Key].(float64)
		want, err := strconv.ParseFloat(c.Value, 64)
		if known == (c.Value == "NaN") || known && (err != nil || got != want) {
			t.Errorf("%s, %s: got %v, want %s", c.Lane, c.Key, lanes[c.Lane][c.Key], c.Value)
		}
	}
	if report.Conditions["interval_ms"] != 100.0 || report.Conditions["address"] != s.address()+"/" || !strings.Contains(report.Conditions["browser"].(string), "Chrome") {
		t.Errorf("conditions: got %v", report.Conditions)
	}
	if size, _ := report.Conditions["message_bytes"].(float64); size < 1000 {
		t.Errorf("a message has %v bytes", report.Conditions["message_bytes"])
	}
	for _, a := range report.Ages {
		if len(a.At) == 0 || len(a.At) != len(a.AgeMS) {
			t.Errorf("%s: %d moments, %d ages", a.Lane, len(a.At), len(a.AgeMS))
		}
	}
	if len(report.Ages) != len(techniques) {
		t.Errorf("ages of %d lanes", len(report.Ages))
	}

	in := csv.NewReader(strings.NewReader(text("csv")))
	in.FieldsPerRecord = -1
	records, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var head []string
	n := 0
	for _, r := range records {
		if r[0] != "costs_pinned_1" {
			continue
		}
		if head == nil {
			head = r
			continue
		}
		for i, field := range r[2:] {
			if want, text := lanes[r[1]][head[i+2]].(string); text || head[i+2] == "seconds" { // of the line, and no figure of the table
				if text && field != want {
					t.Errorf("csv: %s, %s: got %q, want %q", r[1], head[i+2], field, want)
				}
				continue
			}
			n++
			if want := lanes[r[1]][head[i+2]]; want == nil && field != "" || want != nil && field != strconv.FormatFloat(want.(float64), 'f', -1, 64) {
				t.Errorf("csv: %s, %s: got %q, want %v", r[1], head[i+2], field, want)
			}
		}
	}
	if n != len(table) {
		t.Errorf("csv: %d figures, want %d", n, len(table))
	}

	md := text("markdown")
	for _, c := range table {
		if !strings.Contains(md, "| "+c.Text+" ") {
			t.Errorf("markdown: %s, %s: %q is not there", c.Lane, c.Key, c.Text)
		}
	}
}

// Whatever a name says, it stays a field.
func TestReportIsQuoted(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { csv, markdown, json } = await import(base + "lab/reporting.js");
		const report = {
			title: "a | b", conditions: [{ id: "machine", title: "m", value: '=cmd("x"),1\n' }, { id: "n", title: "n", value: -2 }, { id: "f", title: "f", value: [{ rtt: "1s" }] }],
			tables: [{ id: "t", title: "T", run: { at: "2026-01-02T03:04:05.678Z", seconds: 1.5 }, columns: [{ id: "lane", title: "lane" }, { id: "x", title: "x" }], rows: [["<b>|", { value: NaN, text: "—" }], ["b", { value: 1 / 3, text: "0.33" }]] }],
			ages: [{ lane: "sse", at: [1], age_ms: [2.5] }],
		};
		return [csv(report), markdown(report), ...["conditions", "runs", "tables"].map((name) => JSON.stringify(JSON.parse(json(report))[name]))];
	})()`)
	want := []string{
		"condition,machine,\"'=cmd(\"\"x\"\"),1\n\"\r\ncondition,n,-2\r\ncondition,f,\"[{\"\"rtt\"\":\"\"1s\"\"}]\"\r\nrun,t,2026-01-02T03:04:05.678Z,1.5\r\n\r\nt,lane,x\r\nt,<b>|,\r\nt,b,0.3333333333333333\r\n\r\nages,lane,at,age_ms\r\nages,sse,1,2.5\r\n",
		"# a \\| b\n\n- m: =cmd(\"x\"),1\n- n: -2\n- f: \\[\\{\"rtt\":\"1s\"\\}\\]\n\n## T\n\n| lane | x |\n| --- | ---: |\n| \\<b\\>\\| | — |\n| b | 0.33 |\n",
		`{"machine":"=cmd(\"x\"),1\n","n":-2,"f":[{"rtt":"1s"}]}`,
		`{"t":{"at":"2026-01-02T03:04:05.678Z","seconds":1.5}}`,
		`{"t":[{"lane":"<b>|","x":null},{"lane":"b","x":0.3333333333333333}]}`,
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

// What the report's panel says, it says in another language when the reader chooses one.
func TestReportSpeaks(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ Report }, { load, speak }] = await Promise.all(["lab/report.js", "words/words.js"].map((name) => import(base + name)));
		await load("report");
		const root = document.createElement("div");
		document.body.append(root);
		new Report(root, { lanes: [], clock: {}, config: {}, panel() {}, api: { host: async () => null } });
		const text = (id) => root.querySelector('[data-testid="report-' + id + '"]').textContent;
		await speak("zh");
		const out = [text("text")];
		root.querySelector('[data-testid="report-make"]').click();
		await new Promise((done) => setTimeout(done, 50));
		await speak("en");
		out.push(text("status"));
		root.remove();
		return out;
	})()`)
	if want := []string{"尚无内容。", "Made of the figures of this moment."}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
