package history

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"
	"time"
)

// A lived history is one of a program that was stopped again and again, for any time, with the moments that it has values of.
type lived struct {
	*History
	moments []int64 // Unix milliseconds
}

// live makes one by chance: in memory, or on disk and opened again after each stop.
func live(t *testing.T, random *rand.Rand) lived {
	t.Helper()
	tiers := []Tier{{time.Second, 5 * time.Minute}, {10 * time.Second, time.Hour}, {time.Minute, 5 * time.Hour}, {10 * time.Minute, 100 * time.Hour}}
	l, dir := lived{History: New(tiers...)}, ""
	if random.IntN(4) == 0 {
		dir = t.TempDir()
		l.History = open(t, dir, tiers...)
	}
	now := epoch.UnixMilli() + random.Int64N(3_600_000)
	for range 2 + random.IntN(12) {
		for range chance(random, 1, 900) {
			s := crowd(0, map[string]float64{"worker": 0.1 + random.Float64()})
			s.At = time.UnixMilli(now)
			l.Append(s)
			l.moments = append(l.moments, now)
			now += 980 + random.Int64N(40)
		}
		now += chance(random, 2_000, 3*3_600_000)
		if dir != "" {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l.History = open(t, dir, tiers...)
		}
	}
	return l
}

// chance is a number of any magnitude between two.
func chance(random *rand.Rand, least, most float64) int64 {
	return int64(least * math.Exp(random.Float64()*math.Log(most/least)))
}

// moment is one to ask about: near a value, in a stop, or outside of all.
func (l *lived) moment(random *rand.Rand) int64 {
	i := random.IntN(len(l.moments))
	if i > 0 && random.IntN(2) == 0 { // before what came after a stop
		for i > 1 && l.moments[i]-l.moments[i-1] < 2000 {
			i--
		}
	}
	return l.moments[i] + (2*random.Int64N(2)-1)*chance(random, 1, 4*3_600_000)
}

// measured tells whether there is a value from one time to another, both included.
func (l *lived) measured(from, to int64) bool {
	i := sort.Search(len(l.moments), func(i int) bool { return l.moments[i] >= from })
	return i < len(l.moments) && l.moments[i] <= to
}

// start is when the row of a tier begins that a time is in: those of the finest have one value each.
func start(at, every int64) int64 {
	if every == 1000 {
		return at
	}
	return at - at%every
}

// tier is of which length the finest rows are that go back to a time.
func (l *lived) tier(at int64) (every, begins int64) {
	at = max(at, l.moments[0])
	for _, reach := range l.Tiers() {
		if every, begins = reach.Every, reach.From; begins <= at {
			break
		}
	}
	return every, begins
}

// end is the last moment of the rows that a time is in.
func end(at, every int64) int64 {
	if every == 1000 {
		return at
	}
	return start(at, every) + every - 1
}

// However long a program was stopped and whatever is asked, no answer tells of a time that lies in a stop or before the first
// value as a whole, and there are processes of a moment where there are numbers. Asked are all tiers: stops last from two
// seconds to three hours.
func TestOutages(t *testing.T) {
	tables, none, points, gaps := 0, 0, 0, 0
	seeds := uint64(50)
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 4))
		l := live(t, random)
		for range 300 {
			// Numbers.
			from, to := l.moment(random), l.moment(random)
			from, to = min(from, to), max(from, to)
			most := int(chance(random, 1, MaxPoints))
			result, err := l.Query([]string{"cpu.busy"}, time.UnixMilli(from), time.UnixMilli(to), most)
			if err != nil {
				t.Fatal(err)
			}
			every, _ := l.tier(to - 600_000)
			last := end(to, every) // a row that the question ends in is told apart by no finer one there
			for i, at := range result.At {
				until := result.Until - 1
				if i+1 < len(result.At) {
					until = result.At[i+1] - 1
				}
				_, known := result.Series[0].Avg[i].Get()
				switch {
				case known && !l.measured(max(at, from), min(until, last)):
					t.Errorf("seed %d: from %d to %d by %d points: point %d stands for %d to %d, when nothing was measured", seed, from, to, most, i, at, until)
				case !known && l.measured(at, until):
					t.Errorf("seed %d: from %d to %d by %d points: a gap is told from %d to %d, when something was measured", seed, from, to, most, at, until)
				case known:
					points++
				default:
					gaps++
				}
			}
			// Processes.
			at := l.moment(random)
			every, begins := l.tier(at)
			row := int64(0)
			if i := sort.Search(len(l.moments), func(i int) bool { return start(l.moments[i], every) > at }); i > 0 {
				row = start(l.moments[i-1], every)
			}
			near := row > 0 && !isGap(row, at, every)
			table, found := l.Processes(time.UnixMilli(at))
			forgotten := at < l.moments[0]+every // the first row of all is in no answer as long as the finer tier gives up its values
			if found != near && (found || !forgotten) {
				t.Errorf("seed %d: at %d, by rows of %d ms from %d on, the last of them at %d: found a table: %v (of %d)", seed, at, every, begins, row, found, table.At.UnixMilli())
			}
			if !found {
				none++
				continue
			}
			tables++
			if of := table.At.UnixMilli(); !l.measured(of, of) || of > end(at, every) || isGap(of, at, every) {
				t.Errorf("seed %d: at %d, by rows of %d ms: got the table of %d", seed, at, every, of)
			}
			// Numbers of the same moment.
			if forgotten || at-begins < gapAfter*every && begins > l.moments[0] { // before, rows are longer
				continue
			}
			result, err = l.Query([]string{"cpu.busy"}, time.UnixMilli(at-gapAfter*every), time.UnixMilli(at), MaxPoints)
			if err != nil || len(result.At) == 0 || result.At[len(result.At)-1] != row {
				t.Errorf("seed %d: at %d, by rows of %d ms: there is a table, and of numbers %v, %v, want a row at %d", seed, at, every, result.At, err, row)
			}
		}
	}
	if uint64(min(tables, none, points, gaps)) < 20*seeds {
		t.Errorf("asked about too little: %d tables, %d times none, %d points, %d gaps", tables, none, points, gaps)
	}
}
