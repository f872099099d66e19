package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
)

// withTable is a snapshot whose table is the list.
func withTable(list []collector.Process, err error) (collector.Snapshot, *atomic.Int32) {
	var asked atomic.Int32
	s := collectortest.Snapshot(1)
	s.Processes.Table = func(context.Context) ([]collector.Process, error) {
		asked.Add(1)
		return list, err
	}
	return s, &asked
}

func TestProcesses(t *testing.T) {
	s := open(t, Config{}, "")
	if status, body, _ := s.get("api/v1/processes"); status != 503 || !strings.Contains(body, "not been read") {
		t.Errorf("before the first snapshot: %d %s", status, body)
	}
	s.Publish(collectortest.Snapshot(0)) // made up: it has no table
	if status, _, _ := s.get("api/v1/processes"); status != 503 {
		t.Errorf("without a table: %d", status)
	}
	process := func(pid, parent int32, name string, cpu float64, memory uint64) collector.Process {
		return collector.Process{PID: pid, Parent: parent, Name: name, CPU: collector.Known(cpu), Memory: memory}
	}
	snapshot, asked := withTable([]collector.Process{
		process(12, 10, "c", 0.9, 5), process(11, 10, "d<b>", 0.5, 20), process(1, 0, "init", 0, 10), process(10, 1, "b", 0, 1),
		process(30, 31, "ring", 0, 0), process(31, 30, "ring", 0, 0), process(40, 99, "orphan", 0, 0), process(50, 50, "self", 0, 0),
	}, nil)
	s.Publish(snapshot)
	for query, want := range map[string]string{
		"":                        "12 11 1 10 30 31 40 50",
		"?sort=memory&limit=3":    "11 1 12",
		"?sort=pid":               "1 10 11 12 30 31 40 50",
		"?sort=name&limit=2":      "10 12",
		"?tree=true":              "1/0 10/1 12/2 11/2 40/0 50/0 30/0 31/1",
		"?tree=true&sort=memory":  "1/0 10/1 11/2 12/2 40/0 50/0 30/0 31/1",
		"?tree=true&limit=2":      "1/0 10/1",
		"?tree=false&sort=cpu":    "12 11 1 10 30 31 40 50",
		"?sort=started&limit=100": "12 11 1 10 30 31 40 50",
	} {
		status, body, _ := s.get("api/v1/processes" + query)
		var got struct {
			Total     int
			Processes []struct {
				PID   int
				Depth *int
			}
		}
		if err := json.Unmarshal([]byte(body), &got); status != 200 || err != nil || got.Total != 8 {
			t.Fatalf("%s: %d %s %v", query, status, body, err)
		}
		var order []string
		for _, p := range got.Processes {
			if p.Depth != nil {
				order = append(order, fmt.Sprintf("%d/%d", p.PID, *p.Depth))
			} else {
				order = append(order, fmt.Sprint(p.PID))
			}
		}
		if strings.Join(order, " ") != want {
			t.Errorf("%s: got %s, want %s", query, strings.Join(order, " "), want)
		}
	}
	if n := asked.Load(); n > 3 { // within a second or two
		t.Errorf("the table was read %d times", n)
	}
	for _, query := range []string{"?sort=colour", "?limit=0", "?limit=10001", "?limit=x", "?tree=yes"} {
		if status, body, _ := s.get("api/v1/processes" + query); status != 400 || !strings.Contains(body, `"allowed"`) {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
}

// One that hardly runs, but for its children that end, is at the top.
func TestProcessesWithChildren(t *testing.T) {
	s := open(t, Config{}, "")
	snapshot, _ := withTable([]collector.Process{{PID: 5, CPU: collector.Known(0.4)}, {PID: 6, ChildrenCPU: collector.Known(0.7)}}, nil)
	s.Publish(snapshot)
	_, body, _ := s.get("api/v1/processes?limit=1")
	if !strings.Contains(body, `"pid":6`) || !strings.Contains(body, `"children_cpu":0.7`) || strings.Contains(body, `"pid":5`) {
		t.Error(body)
	}
}

func TestOneProcess(t *testing.T) {
	s := open(t, Config{}, "")
	if status, _, _ := s.get("api/v1/processes?pid=7"); status != 503 {
		t.Errorf("before the first snapshot: %d", status)
	}
	snapshot, asked := withTable(nil, nil)
	s.Publish(snapshot)
	if status, _, _ := s.get("api/v1/processes?pid=7"); status != 503 {
		t.Errorf("without a way to ask: %d", status)
	}
	command := strings.Repeat("x", 4093) + "…"
	snapshot.Processes.One = func(_ context.Context, pid int32) (collector.Process, bool, error) {
		if pid == 10 {
			panic("torn")
		}
		if pid == 9 {
			return collector.Process{}, false, errors.New("read /secret/path: no")
		}
		return collector.Process{PID: pid, Command: command}, pid == 7, nil
	}
	s.Publish(snapshot)
	status, body, header := s.get("api/v1/processes?pid=7&sort=name")
	var got struct {
		At        int64
		Processes []collector.Process
	}
	if err := json.Unmarshal([]byte(body), &got); status != 200 || err != nil || got.At == 0 || len(got.Processes) != 1 || got.Processes[0].PID != 7 || got.Processes[0].Command != command {
		t.Errorf("%d %v %s", status, header, body)
	}
	if status, body, _ := s.get("api/v1/processes?pid=8"); status != 404 || !strings.Contains(body, `"parameter":"pid"`) || !strings.Contains(body, "no process 8") {
		t.Errorf("%d %s", status, body)
	}
	for _, pid := range []string{"9", "10"} {
		if status, body, _ := s.get("api/v1/processes?pid=" + pid); status != 503 || strings.Contains(body, "secret") || strings.Contains(body, "torn") {
			t.Errorf("%d %s", status, body)
		}
	}
	for _, pid := range []string{"", "0", "-1", "x", "1.5", "7%20", "2147483648", "99999999999999999999", strings.Repeat("9", 5000)} {
		if status, body, _ := s.get("api/v1/processes?pid=" + pid); status != 400 || !strings.Contains(body, `"parameter":"pid"`) || !strings.Contains(body, "1 to 2147483647") || len(body) > 400 {
			t.Errorf("pid %.20q: %d %s", pid, status, body)
		}
	}
	if asked.Load() != 0 {
		t.Error("all are read for one")
	}
}

func TestProcessesFail(t *testing.T) {
	s := open(t, Config{}, "")
	snapshot, _ := withTable(nil, errors.New("read /secret/path: no"))
	s.Publish(snapshot)
	if status, body, _ := s.get("api/v1/processes"); status != 503 || strings.Contains(body, "secret") {
		t.Errorf("%d %s", status, body)
	}
}

// Twenty who ask at once cost one reading.
func TestProcessesShared(t *testing.T) {
	s := open(t, Config{}, "")
	snapshot, asked := withTable([]collector.Process{{PID: 1}}, nil)
	s.Publish(snapshot)
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if status, _, _ := s.get("api/v1/processes"); status != 200 {
				t.Errorf("status %d", status)
			}
		})
	}
	wait.Wait()
	if n := asked.Load(); n > 2 {
		t.Errorf("the table was read %d times", n)
	}
}

// A reading that hangs keeps nobody for ever, and is not begun again; when it has ended, there is another.
func TestProcessesHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var table processTable
		var asked atomic.Int32
		release := make(chan struct{})
		hang := func(context.Context) ([]collector.Process, error) { // it does not care that its time is over
			asked.Add(1)
			<-release
			return []collector.Process{{PID: 1}}, nil
		}
		for range 3 {
			began := time.Now()
			var wait sync.WaitGroup
			for range 20 {
				wait.Go(func() {
					if _, _, err := table.read(hang); !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("got %v", err)
					}
				})
			}
			wait.Wait()
			if d := time.Since(began); d > tableTimeout {
				t.Errorf("they waited %s", d)
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("%d readings hang", n)
		}
		close(release)
		synctest.Wait()
		if rows, _, err := table.read(hang); len(rows) != 1 || err != nil {
			t.Errorf("got %v, %v", rows, err)
		}
	})
}

// An error serves as long as a table does; so does a panic, which is one.
func TestProcessesErrorShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var table processTable
		asked := 0
		fail := func(context.Context) ([]collector.Process, error) {
			if asked++; asked == 2 {
				panic("torn")
			}
			return nil, errors.New("no")
		}
		for want := 1; want <= 3; want++ {
			for range 5 {
				if _, _, err := table.read(fail); err == nil {
					t.Error("no error")
				}
			}
			if asked != want {
				t.Errorf("asked %d times, want %d", asked, want)
			}
			time.Sleep(tableHolds)
		}
	})
}

// A chain as long as there are processes neither overflows a stack nor loses one.
func TestLongTree(t *testing.T) {
	var list []collector.Process
	for i := range int32(30_000) {
		list = append(list, collector.Process{PID: i + 1, Parent: i})
	}
	rows := asTree(list)
	if last := rows[len(rows)-1]; len(rows) != len(list) || last.PID != 30_000 || *last.Depth != 29_999 {
		t.Errorf("%d rows, the last is %+v", len(rows), last)
	}
}
