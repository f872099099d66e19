package history

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
)

func TestQuery(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	sawTooth(h, 100)
	for _, tt := range []struct {
		name     string
		from, to float64
		points   int
		want     string
	}{
		{"each row", 8, 12, 10, "8:0 9:0.125 10:0.25 11:0.375 12:0.5"},
		{"exactly as many points", 8, 12, 5, "8:0 9:0.125 10:0.25 11:0.375 12:0.5"},
		{"stretches", 16, 47, 5, "16:0/0.4375/0.875 24:0/0.4375/0.875 32:0/0.4375/0.875 40:0/0.4375/0.875"},
		{"the same a second later, but for the ends", 17, 48, 5, "16:0.125/0.5/0.875 24:0/0.4375/0.875 32:0/0.4375/0.875 40:0/0.4375/0.875 48:0"},
		{"one point", 16, 23, 1, "16:0/0.4375/0.875"},
		{"one row", 16, 16, 1, "16:0"},
		{"between two rows", 16.2, 16.8, 10, ""},
		{"before", -100, -1, 10, ""},
		{"after", 100, 1000, 10, ""},
		{"over the start", -1000, 1, 10, "0:0 1:0.125"},
		{"over the end", 98, 5000, 10, "98:0.25 99:0.375"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ask(t, h, tt.from, tt.to, tt.points); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// The first row of a coarse tier begins before the first value: a question about that time has no answer, nor has one that
// ends where a program began later in the same minute, or in the same ten; and there are no processes of it.
func TestNothingBeforeTheFirst(t *testing.T) {
	h := New(Tiers()...)
	for i := 587; i < 700; i++ {
		h.Append(crowd(i, map[string]float64{"worker": 0.5}))
	}
	for seconds, want := range map[float64]string{300: "-", 541: "-", 586.9: "-", 587: "587: worker=0.5", 650: "650: worker=0.5"} {
		if got := who(h, seconds); got != want {
			t.Errorf("processes at %g s: got %s, want %s", seconds, got, want)
		}
	}
	for _, tt := range []struct {
		from, to float64
		points   int
		want     string
	}{
		{541, 580, 100, ""},
		{500, 580, 100, ""},
		{0, 586, 100, ""},
		{500, 588, 100, "587:0.5 588:0.5"},
		// By few points a coarse tier answers.
		{0, 586, 5, ""},
		{500, 580, 8, ""},
		{-6000, 541, 100, ""},
		{-6000, 587, 100, "540:0.5"},
	} {
		if got := ask(t, h, tt.from, tt.to, tt.points); got != tt.want {
			t.Errorf("from %g to %g by %d points: got %s, want %q", tt.from, tt.to, tt.points, got, tt.want)
		}
	}
	// Seconds are there for an hour: of before, the ten seconds tell.
	for i := 700; i < 2*3600; i++ {
		h.Append(at(float64(i), collector.Known(0.5)))
	}
	if got := ask(t, h, 500, 579, 100) + ask(t, h, 500, 595, 100); got != "580:0.5 590:0.5" {
		t.Errorf("two hours later: got %s", got)
	}
}

// Nor has a question that ends in a gap an answer from behind it.
func TestNothingFromBehindAGap(t *testing.T) {
	h := New()
	sawTooth(h, 8)
	for i := 6587; i < 6700; i++ {
		h.Append(at(float64(i), collector.Known(0.5)))
	}
	for _, tt := range []struct {
		from, to float64
		points   int
		want     string
	}{
		{5000, 6586, 5, ""},
		{5000, 6586, 1, ""},
		{0, 6586, 8, "0:0/0.4375/0.875"},
		{5000, 6587, 5, "6540:0.5"},
	} {
		if got := ask(t, h, tt.from, tt.to, tt.points); got != tt.want {
			t.Errorf("from %g to %g by %d points: got %s, want %q", tt.from, tt.to, tt.points, got, tt.want)
		}
	}
}

// An answer tells up to when its last point stands for: what of the time asked about comes later was not measured.
func TestUntil(t *testing.T) {
	h := New(Tier{time.Second, time.Minute}, Tier{10 * time.Second, time.Hour})
	sawTooth(h, 100)
	for _, tt := range []struct {
		name     string
		from, to float64
		points   int
		want     float64
	}{
		{"a second", 90, 95, 100, 96},
		{"the newest", 90, 500, 100, 100},
		{"ten of them", 5, 15, 100, 20},
		{"a stretch", 40, 79, 5, 80},
		{"all in one", 40, 79, 1, 80},
	} {
		result, err := h.Query([]string{"cpu.busy"}, at(tt.from, collector.Number{}).At, at(tt.to, collector.Number{}).At, tt.points)
		if got := float64(result.Until-epoch.UnixMilli()) / 1e3; err != nil || got != tt.want {
			t.Errorf("%s: got %g, %v, want %g", tt.name, got, err, tt.want)
		}
	}
}

func TestQueryOfAllTime(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	sawTooth(h, 100)
	result, err := h.Query([]string{"cpu.busy"}, time.Time{}, time.Date(290000000, 1, 1, 0, 0, 0, 0, time.UTC), 3)
	if err != nil || len(result.At) != 1 || result.Series[0].Max[0] != collector.Known(0.875) {
		t.Errorf("got %v, %v", result, err)
	}
}

func TestQueryRefuses(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	sawTooth(h, 10)
	for _, points := range []int{-1, 0, MaxPoints + 1} {
		if _, err := h.Query(nil, epoch, epoch, points); !errors.Is(err, ErrBounds) {
			t.Errorf("%d points: %v", points, err)
		}
	}
	if _, err := h.Query(nil, epoch.Add(time.Millisecond), epoch, 1); !errors.Is(err, ErrBounds) {
		t.Errorf("from after to: %v", err)
	}
	_, err := h.Query([]string{"cpu.busy", "cpu.bus\n"}, epoch, epoch, 1)
	if unknown := new(UnknownSeriesError); !errors.As(err, &unknown) || unknown.Name != "cpu.bus\n" || err.Error() != `unknown series "cpu.bus\n"` {
		t.Errorf("unknown series: %v", err)
	}
	if result, err := h.Query(nil, epoch, epoch.Add(time.Hour), MaxPoints); err != nil || len(result.At) != 10 {
		t.Errorf("no series: %v, %v, want the times alone", result, err)
	}
}

// Whatever was appended and whatever is asked: no more points than wanted, times ascend, min ≤ avg ≤ max, every row is
// in exactly one point, and the greatest and the least of all are there.
func TestQueryProperties(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		every := []time.Duration{100 * time.Millisecond, time.Second, 1500 * time.Millisecond}[random.IntN(3)]
		h := New(Tier{every, time.Duration(50+random.IntN(600)) * every})
		now := epoch
		var appended []sample
		for range random.IntN(1000) {
			now = now.Add(every + time.Duration(random.IntN(7)-3)*time.Millisecond)
			if random.IntN(50) == 0 {
				now = now.Add(time.Duration(random.IntN(100)) * every)
			}
			s := at(0, collector.Known(math.Exp(random.Float64()*80-40)))
			if random.IntN(10) == 0 {
				s.CPU.Busy = collector.Number{}
			}
			s.At = now
			h.Append(s)
			if v, ok := s.CPU.Busy.Get(); ok {
				appended = append(appended, sample{now, v})
			}
		}
		if len(h.Names()) == 0 {
			continue
		}
		from := epoch.Add(time.Duration(random.Int64N(int64(500*every))) - 100*every)
		to := from.Add(time.Duration(random.Int64N(int64(1500 * every))))
		points := 1 + random.IntN(500)
		all, err := h.Query([]string{"cpu.busy"}, from, to, MaxPoints)
		if err != nil {
			t.Fatal(err)
		}
		if len(all.At) == 0 {
			continue
		}
		got, err := h.Query([]string{"cpu.busy"}, from, to, points)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.At) > points {
			t.Fatalf("seed %d: %d points, asked for %d", seed, len(got.At), points)
		}
		c := got.Series[0]
		for i := range got.At {
			if i > 0 && got.At[i] <= got.At[i-1] {
				t.Fatalf("seed %d: times %v", seed, got.At[i-1:i+1])
			}
			least, ok := c.Min[i].Get()
			mean, ok2 := c.Avg[i].Get()
			most, ok3 := c.Max[i].Get()
			if ok != ok2 || ok != ok3 || least > mean || mean > most {
				t.Fatalf("seed %d: min %v, avg %v, max %v", seed, c.Min[i], c.Avg[i], c.Max[i])
			}
		}
		if a, b := extremes(all.Series[0]), extremes(c); a != b {
			t.Fatalf("seed %d: extremes %v, in %d points %v", seed, a, points, b)
		}
		for _, v := range appended {
			if !holds(got, v) && v.at.UnixMilli() >= all.At[0] && !v.at.Before(from) && !v.at.After(to) {
				t.Fatalf("seed %d: %v at %v is in no point", seed, v.busy, v.at)
			}
		}
	}
}

// Where one tier goes on for another every second is in the answer, and in one point only, wherever the finer one begins.
func TestJointOfTiers(t *testing.T) {
	for n := 700; n < 830; n += 7 {
		h := New(Tier{time.Second, 100 * time.Second}, Tier{10 * time.Second, 300 * time.Second}, Tier{time.Minute, time.Hour})
		for i := 37; i < n; i++ {
			h.Append(at(float64(i), collector.Known(float64(i)))) // so that a point tells what it stands for
		}
		for _, points := range []int{MaxPoints, 60, 20} {
			for _, from := range []int{0, n - 430, n - 301, n - 290, n - 105, n - 99} {
				r, err := h.Query([]string{"cpu.busy"}, at(float64(from), collector.Number{}).At, at(float64(n), collector.Number{}).At, points)
				if err != nil {
					t.Fatal(err)
				}
				next := -1.0
				for i, least := range r.Series[0].Min {
					first, ok := least.Get()
					last, _ := r.Series[0].Max[i].Get()
					if next < 0 && ok && first < float64(from)+60 {
						next = first
					}
					if !ok || first != next {
						t.Fatalf("the last %d of %d s, by %d points: point %d begins with second %g (%v), want %g", n-from, n, points, i, first, ok, next)
					}
					next = last + 1
				}
				if next != float64(n) {
					t.Errorf("the last %d of %d s, by %d points: they end before second %g", n-from, n, points, next)
				}
			}
		}
	}
}

// What has just begun is there by the second from the first one on: the rows of coarser tiers that hold the first are no more.
func TestBeginningOfAll(t *testing.T) {
	h, want := New(), New(Tier{time.Second, time.Hour})
	for _, h := range []*History{h, want} {
		for i := 37; i < 900; i++ {
			h.Append(at(float64(i), collector.Known(float64(i))))
		}
	}
	if got, want := ask(t, h, -3600, 900, MaxPoints), ask(t, want, -3600, 900, MaxPoints); got != want {
		t.Errorf("got %.200s…, want %.200s…", got, want)
	}
}

type sample struct {
	at   time.Time
	busy float64
}

// holds tells whether a value is within the point of its time, or the one before: a row begins with its first value.
func holds(r Result, v sample) bool {
	i := sort.Search(len(r.At), func(i int) bool { return r.At[i] > v.at.UnixMilli() })
	for _, k := range []int{i - 1, i - 2} {
		if k < 0 {
			continue
		}
		least, ok := r.Series[0].Min[k].Get()
		most, _ := r.Series[0].Max[k].Get()
		if near := 1e-4; ok && v.busy >= least*(1-near) && v.busy <= most*(1+near) {
			return true
		}
	}
	return false
}

func extremes(c Column) (e [2]float64) {
	e = [2]float64{math.Inf(1), math.Inf(-1)}
	for i := range c.Min {
		if v, ok := c.Min[i].Get(); ok {
			most, _ := c.Max[i].Get()
			e[0], e[1] = min(e[0], v), max(e[1], most)
		}
	}
	return e
}

// A cold room stays below zero.
func TestBelowZero(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	for i, celsius := range []float64{-6, -4, 1} {
		s := at(float64(i), collector.Number{})
		s.Sensors = []collector.Sensor{{ID: "x/temp1", Kind: "temperature", Value: collector.Signed(celsius)}}
		h.Append(s)
	}
	result, err := h.Query([]string{"sensor.x/temp1"}, epoch, epoch.Add(time.Minute), 1)
	if err != nil {
		t.Fatal(err)
	}
	if c := result.Series[0]; c.Avg[0] != collector.Signed(-3) || c.Min[0] != collector.Signed(-6) || c.Max[0] != collector.Known(1) {
		t.Errorf("got %+v", c)
	}
}

func TestJSON(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	h.Append(at(0, collector.Known(0.25)))
	h.Append(at(1, collector.Number{}))
	result, err := h.Query([]string{"cpu.busy"}, epoch, epoch.Add(time.Minute), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"at":[1800000000000,1800000001000],"series":[{"name":"cpu.busy","unit":"ratio","avg":[0.25,null],"min":[0.25,null],"max":[0.25,null]}],"until":1800000002000}`,
		`{"at":[1800000000000,1800000001000],"series":[{"name":"cpu.busy","unit":"ratio","avg":[0.25,null]}],"until":1800000002000}`,
	} {
		got := result.AppendJSON(nil)
		if other, err := json.Marshal(result); err != nil || string(other) != string(got) {
			t.Errorf("encoding/json writes %s, %v", other, err)
		}
		if string(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		result.Means()
	}
	none, err := h.Query(nil, epoch.Add(time.Hour), epoch.Add(time.Hour), 1)
	if nothing := none.AppendJSON(nil); err != nil || string(nothing) != `{"at":[],"series":[]}` {
		t.Errorf("got %s, %v", nothing, err)
	}
}

func FuzzQuery(f *testing.F) {
	f.Add(int64(0), int64(1<<62), 1)
	f.Add(int64(-1<<63), int64(1<<63-1), MaxPoints)
	h := New(Tier{time.Second, time.Minute})
	sawTooth(h, 100)
	h.Append(at(500, collector.Known(1)))
	f.Fuzz(func(t *testing.T, from, to int64, points int) {
		result, err := h.Query([]string{"cpu.busy"}, time.UnixMilli(from), time.UnixMilli(to), points)
		if err != nil {
			if !errors.Is(err, ErrBounds) {
				t.Fatal(err)
			}
			return
		}
		if len(result.At) > points || len(result.Series[0].Avg) != len(result.At) {
			t.Fatalf("%d times, %d values, for %d points", len(result.At), len(result.Series[0].Avg), points)
		}
		for i := 1; i < len(result.At); i++ {
			if result.At[i] <= result.At[i-1] {
				t.Fatalf("times %v", result.At[i-1:i+1])
			}
		}
	})
}
