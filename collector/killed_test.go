package collector

import "testing"

func TestParseKill(t *testing.T) {
	const tail = " total-vm:221368kB, anon-rss:55552kB, file-rss:6484kB, shmem-rss:4kB, UID:0 pgtables:176kB oom_score_adj:0\n SUBSYSTEM=x\n"
	const memory = (55552 + 6484 + 4) << 10
	for name, tt := range map[string]struct {
		record string
		want   Kill
	}{
		"group":             {"3,1234,5090373481,-;Memory cgroup out of memory: Killed process 14598 (python3)" + tail, Kill{14598, "python3", memory}},
		"host":              {"3,12,9,-;Out of memory: Killed process 7 (a b)" + tail, Kill{7, "a b", memory}},
		"before-5.1":        {"3,12,9,-;Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n", Kill{7, "x", 4 << 10}},
		"before-4.6":        {"3,12,9,-;Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:8kB\n", Kill{7, "x", 12 << 10}},
		"more-fields":       {"3,12,9,c,caller=T14598;Out of memory: Killed process 7 (x)" + tail, Kill{7, "x", memory}},
		"parentheses":       {"3,12,9,-;Out of memory: Killed process 7 () total-vm:()" + tail, Kill{7, ") total-vm:(", memory}},
		"escaped":           {`3,12,9,-;Out of memory: Killed process 7 (\xe5\x8a\xa8\x0a\x5cx41)` + tail, Kill{7, `动` + "\uFFFD" + `\x41`, memory}},
		"no-memory":         {"3,12,9,-;Out of memory: Killed process 7 (x) total-vm:8kB\n", Kill{7, "x", 0}},
		"by-a-program":      {"11,12,9,-;Out of memory: Killed process 7 (x)" + tail, Kill{}},
		"other":             {"6,12,9,-;usb 1-1: new device\n", Kill{}},
		"no-number":         {"3,12,9,-;Out of memory: Killed process x (x)" + tail, Kill{}},
		"number-too-large":  {"3,12,9,-;Out of memory: Killed process 4294967303 (x)" + tail, Kill{}},
		"nobody":            {"3,12,9,-;Out of memory: Killed process 0 (x)" + tail, Kill{}},
		"cut":               {"3,12,9,-;Out of memory: Killed process 7 (x", Kill{}},
		"no-head":           {"Out of memory: Killed process 7 (x)" + tail, Kill{}},
		"in-a-device-field": {"3,12,9,-;usb\n X=Killed process 7 (x)" + tail, Kill{}},
		"empty":             {"", Kill{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := parseKill([]byte(tt.record)); got != tt.want || ok != (tt.want != Kill{}) {
				t.Errorf("got %+v, %v, want %+v", got, ok, tt.want)
			}
		})
	}
}

// Whatever stands in the log, a kill has a PID and a name that can be shown.
func FuzzParseKill(f *testing.F) {
	f.Add([]byte("3,1,2,-;Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"))
	f.Add([]byte(`0,1,2,-;Killed process 7 (\x0a\x) total-vm:8kB, anon-rss:18446744073709551615kB`))
	f.Fuzz(func(t *testing.T, record []byte) {
		if k, ok := parseKill(record); ok && (k.PID <= 0 || k.Name != clean(k.Name)) || !ok && k != (Kill{}) {
			t.Errorf("got %+v, %v", k, ok)
		}
	})
}
