package collector

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestPerSecond(t *testing.T) {
	for _, tt := range []struct {
		name          string
		before, after uint64
		elapsed       time.Duration
		want          Number
	}{
		{"steady", 100, 300, 2 * time.Second, Known(100)},
		{"nothing happened", 100, 100, time.Second, Known(0)},
		{"part of a second", 0, 5, 250 * time.Millisecond, Known(20)},
		{"reset", 1000, 3, time.Second, Number{}},
		{"wrapped at 32 bits", math.MaxUint32, 7, time.Second, Number{}},
		{"wrapped at 64 bits", math.MaxUint64, 7, time.Second, Number{}},
		{"no reading before", 0, 1 << 40, 0, Number{}},
		{"time went back", 0, 1, -time.Second, Number{}},
		{"largest", 0, math.MaxUint64, time.Second, Known(math.MaxUint64)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := perSecond(tt.before, tt.after, tt.elapsed); got != tt.want {
				t.Errorf("perSecond(%d, %d, %s) = %v, want %v", tt.before, tt.after, tt.elapsed, got, tt.want)
			}
		})
	}
}

func TestPerSecondOf(t *testing.T) {
	for _, tt := range []struct {
		before, after float64
		elapsed       time.Duration
		want          Number
	}{
		{1.5, 2, time.Second, Known(0.5)},
		{2, 1.5, time.Second, Number{}},
		{math.NaN(), 1, time.Second, Number{}},
		{0, math.Inf(1), time.Second, Number{}},
		{0, 1, 0, Number{}},
	} {
		if got := perSecondOf(tt.before, tt.after, tt.elapsed); got != tt.want {
			t.Errorf("perSecondOf(%g, %g, %s) = %v, want %v", tt.before, tt.after, tt.elapsed, got, tt.want)
		}
	}
}

func TestRatio(t *testing.T) {
	for _, tt := range []struct {
		part, whole float64
		want        Number
	}{
		{1, 4, Known(0.25)},
		{5, 4, Known(1)},
		{0, 0, Number{}},
		{1, 0, Number{}},
		{-1, 4, Number{}},
		{math.NaN(), 4, Number{}},
		{4, math.NaN(), Number{}},
	} {
		if got := ratio(tt.part, tt.whole); got != tt.want {
			t.Errorf("ratio(%g, %g) = %v, want %v", tt.part, tt.whole, got, tt.want)
		}
	}
	if got := without(5, 7); got != 0 {
		t.Errorf("without(5, 7) = %d, want 0", got)
	}
}

func TestBetween(t *testing.T) {
	now := time.Now()
	if got := between(time.Time{}, now); got != 0 {
		t.Errorf("before the first reading: %s, want 0", got)
	}
	if got := between(now, now.Add(time.Second)); got != time.Second {
		t.Errorf("got %s, want 1s", got)
	}
}

func FuzzRate(f *testing.F) {
	f.Add(uint64(0), uint64(math.MaxUint64), int64(1), 0.0, math.MaxFloat64)
	f.Add(uint64(math.MaxUint32), uint64(0), int64(-1), math.Inf(-1), math.NaN())
	f.Fuzz(func(t *testing.T, before, after uint64, elapsed int64, a, b float64) {
		for _, n := range []Number{
			perSecond(before, after, time.Duration(elapsed)),
			perSecondOf(a, b, time.Duration(elapsed)),
			ratio(a, b),
			diskBusy(before, after, time.Duration(elapsed)),
			Known(a),
		} {
			checkNumber(t, n)
		}
	})
}

func checkNumber(t *testing.T, n Number) {
	t.Helper()
	if v, _ := n.Get(); v < 0 || math.Signbit(v) {
		t.Fatalf("number %v", n)
	}
	checkSigned(t, n)
}

// checkSigned is for temperatures.
func checkSigned(t *testing.T, n Number) {
	t.Helper()
	v, known := n.Get()
	if math.IsNaN(v) || math.IsInf(v, 0) || v == 0 && math.Signbit(v) || !known && v != 0 {
		t.Fatalf("number %v", n)
	}
	b, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	var back Number
	if err := json.Unmarshal(b, &back); err != nil || back.known != known {
		t.Fatalf("%v as JSON is %s, and back %v, %v", n, b, back, err)
	}
	if diff := math.Abs(back.value - v); diff > 0.05001 && diff > math.Abs(v)*1e-9 {
		t.Fatalf("%v as JSON is %s", n, b)
	}
}

func TestNumberJSON(t *testing.T) {
	for _, tt := range []struct {
		n    Number
		want string
	}{
		{Number{}, "null"},
		{Known(math.NaN()), "null"},
		{Known(math.Inf(1)), "null"},
		{Known(-0.001), "null"},
		{Known(0), "0"},
		{Known(math.Copysign(0, -1)), "0"},
		{Known(0.123456), "0.1235"},
		{Known(99.99999), "100"},
		{Known(123.456), "123.5"},
		{Known(1e15), "1000000000000000"},
		{Known(24 << 30), "25769803776"},
		{Signed(-5), "-5"},
		{Signed(-0.0625), "-0.0625"},
		{Signed(-273.15), "-273.2"},
		{Signed(-0.00001), "0"},
		{Signed(5), "5"},
		{Signed(math.NaN()), "null"},
		{Signed(math.Inf(-1)), "null"},
	} {
		if got, err := json.Marshal(tt.n); err != nil || string(got) != tt.want {
			t.Errorf("%v: got %s, %v, want %s", tt.n, got, err, tt.want)
		}
	}
	var n Number
	for text, want := range map[string]Number{"-12.5": Signed(-12.5), "-0": Known(0), "-0.0": Known(0), "7": Known(7), "null": {}} {
		n = Known(1)
		if err := json.Unmarshal([]byte(text), &n); err != nil || n != want || math.Signbit(n.value) != (want.value < 0) {
			t.Errorf("%s is read as %v, %v, want %v", text, n, err, want)
		}
	}
	for _, bad := range []string{`"1"`, `true`, `{}`, `1e999`, `-1e999`} {
		if err := json.Unmarshal([]byte(bad), &n); err == nil {
			t.Errorf("%s is taken for %v", bad, n)
		}
	}
}
